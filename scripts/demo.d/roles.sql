-- Nobody here is a superuser afterwards: a role that owns the model, and one
-- that consumes the queue.
CREATE EXTENSION mlops;
CREATE ROLE ml_team LOGIN;
CREATE ROLE airflow LOGIN;
GRANT CREATE ON SCHEMA public TO ml_team;
SELECT mlops.grant_access('ml_team', 'operator') \g /dev/null
SELECT mlops.grant_access('airflow', 'consumer') \g /dev/null
GRANT ml_team TO airflow;
