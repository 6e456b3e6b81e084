-- Five clearly positive reviews.
SELECT reviewId FROM reviews WHERE reviewText MEANS 'the movie review is clearly positive' LIMIT 5
