-- How many reviews of one movie are positive.
SELECT count(*) AS positive_review_cnt FROM reviews WHERE id = 'taken_3' AND reviewText MEANS 'the movie review is clearly positive'
