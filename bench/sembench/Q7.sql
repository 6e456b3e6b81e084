-- All pairs of reviews of one movie with opposite sentiments.
WITH r AS (SELECT DISTINCT id, reviewId, reviewText FROM reviews WHERE id = 'ant_man_and_the_wasp_quantumania')
SELECT r1.id, r1.reviewId, r2.reviewId
FROM r AS r1 JOIN r AS r2 ON r1.reviewId < r2.reviewId AND r1.reviewText OPPOSITE_SENTIMENT r2.reviewText
