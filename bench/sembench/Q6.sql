-- Ten pairs of reviews of one movie with opposite sentiments.
SELECT r1.id, r1.reviewId, r2.reviewId
FROM reviews AS r1 JOIN reviews AS r2 ON r1.id = r2.id AND r1.reviewId < r2.reviewId
WHERE r1.id = 'ant_man_and_the_wasp_quantumania'
  AND CLASSIFY(r1.reviewText, 'positive,negative') <> CLASSIFY(r2.reviewText, 'positive,negative')
LIMIT 10
