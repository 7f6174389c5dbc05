create table if not exists orders (day date, rows integer);
insert into orders values (:day::date, :rows::integer);
select count(*) as days from orders;
