-- How many reviews of one movie are positive and negative.
SELECT upper(CLASSIFY(reviewText, 'positive,negative')) AS scoreSentiment, count(*) AS count
FROM reviews WHERE id = 'taken_3' GROUP BY 1
