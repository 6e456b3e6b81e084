-- Five positive reviews of one movie.
SELECT reviewId FROM reviews WHERE id = 'taken_3' AND reviewText MEANS 'the movie review is clearly positive' LIMIT 5
