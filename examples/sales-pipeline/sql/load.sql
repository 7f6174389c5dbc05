-- Redshift: replaces the week in the warehouse, so that a second run of the same date changes nothing.
CREATE TABLE IF NOT EXISTS flights (
  flown_at         timestamp    NOT NULL SORTKEY,
  origin           varchar(8)   NOT NULL DISTKEY,
  origin_city      varchar(64),
  origin_state     varchar(8),
  destination      varchar(8)   NOT NULL,
  destination_city varchar(64),
  miles            integer,
  delay_minutes    integer
);
DELETE FROM flights WHERE flown_at >= DATEADD(day, -7, :week::date) AND flown_at < :week::date;
COPY flights FROM :source IAM_ROLE default FORMAT AS PARQUET;
SELECT count(*) AS flights FROM flights WHERE flown_at >= DATEADD(day, -7, :week::date) AND flown_at < :week::date;
