-- How much each reviewer liked one movie, from 1 to 5.
SELECT reviewId, CASE CLASSIFY(reviewText, 'very negative,negative,neutral,positive,very positive')
         WHEN 'very negative' THEN 1 WHEN 'negative' THEN 2 WHEN 'neutral' THEN 3 WHEN 'positive' THEN 4 ELSE 5 END AS reviewScore
FROM reviews WHERE id = 'ant_man_and_the_wasp_quantumania'
