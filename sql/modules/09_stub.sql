CREATE DOMAIN mlops.profile AS bytea;
