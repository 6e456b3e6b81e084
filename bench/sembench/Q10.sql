-- Movies ranked by the mean of such scores over their reviews.
SELECT id AS movieId, avg(CASE CLASSIFY(reviewText, 'very negative,negative,neutral,positive,very positive')
         WHEN 'very negative' THEN 1 WHEN 'negative' THEN 2 WHEN 'neutral' THEN 3 WHEN 'positive' THEN 4 ELSE 5 END) AS movieScore
FROM reviews GROUP BY id
