-- stands in for another branch's migration
select 1;
---- create above / drop below ----
select 1;
