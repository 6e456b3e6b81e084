-- The share of one movie's reviews that is positive.
SELECT avg(CASE WHEN reviewText MEANS 'the movie review is clearly positive' THEN 1 ELSE 0 END) AS positivity_ratio
FROM reviews WHERE id = 'taken_3'
