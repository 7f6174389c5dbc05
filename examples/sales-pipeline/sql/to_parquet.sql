-- Spark SQL: the week's flights with their airports, one row a flight. Runs on Glue, and on the laptop's engine.
SELECT
  CAST(f.flown_at AS timestamp) AS flown_at,
  f.origin,
  o.city  AS origin_city,
  o.state AS origin_state,
  f.destination,
  d.city  AS destination_city,
  CAST(f.distance AS int) AS miles,
  CAST(f.delay AS int)    AS delay_minutes
FROM flights f
JOIN airports o ON o.iata = f.origin
JOIN airports d ON d.iata = f.destination
WHERE CAST(f.week AS string) = :week
