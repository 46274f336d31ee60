-- mlops.binning: the bins that histograms count into.

CREATE TYPE mlops.binning;

CREATE FUNCTION mlops.binning_in(cstring) RETURNS mlops.binning
	AS 'MODULE_PATHNAME', 'mlops_binning_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION mlops.binning_out(mlops.binning) RETURNS cstring
	AS 'MODULE_PATHNAME', 'mlops_binning_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION mlops.binning_recv(internal) RETURNS mlops.binning
	AS 'MODULE_PATHNAME', 'mlops_binning_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION mlops.binning_send(mlops.binning) RETURNS bytea
	AS 'MODULE_PATHNAME', 'mlops_binning_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE TYPE mlops.binning (
	INPUT = mlops.binning_in,
	OUTPUT = mlops.binning_out,
	RECEIVE = mlops.binning_recv,
	SEND = mlops.binning_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = extended
);
COMMENT ON TYPE mlops.binning IS 'bins of a column: numeric edges with open tails, or a list of labels; a bin for NULL and one for unseen values come on top';
COMMENT ON FUNCTION mlops.binning_in(cstring) IS 'text input: numeric(0, 1.5) [range [-3, 9]] or categorical("a", "b")';
COMMENT ON FUNCTION mlops.binning_out(mlops.binning) IS 'text output; reads back as the same value';
COMMENT ON FUNCTION mlops.binning_recv(internal) IS 'binary input';
COMMENT ON FUNCTION mlops.binning_send(mlops.binning) IS 'binary output';

CREATE FUNCTION mlops.binning(edges float8[]) RETURNS mlops.binning
	AS 'MODULE_PATHNAME', 'mlops_binning_of_edges' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.binning(float8[]) IS 'numeric bins (-inf, e1), [e1, e2), ..., [em, +inf) between strictly increasing edges';

CREATE FUNCTION mlops.binning(labels text[]) RETURNS mlops.binning
	AS 'MODULE_PATHNAME', 'mlops_binning_of_labels' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.binning(text[]) IS 'one bin for each of these distinct labels; boolean columns have the labels false and true';

CREATE FUNCTION mlops.binning(profile mlops.profile, bins int DEFAULT NULL, method text DEFAULT NULL) RETURNS mlops.binning
	AS 'MODULE_PATHNAME', 'mlops_binning_of_profile' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mlops.binning(mlops.profile, int, text) IS 'bins from a reference: quantiles (default), equal width or one bin per value for numbers; the most frequent labels (200 unless told) otherwise';

CREATE FUNCTION mlops.edges(mlops.binning) RETURNS float8[]
	AS 'MODULE_PATHNAME', 'mlops_binning_get_edges' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.edges(mlops.binning) IS 'edges of a numeric binning; NULL for labels';

CREATE FUNCTION mlops.labels(mlops.binning) RETURNS text[]
	AS 'MODULE_PATHNAME', 'mlops_binning_get_labels' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.labels(mlops.binning) IS 'labels of a categorical binning; NULL for numbers';

CREATE FUNCTION mlops.bin_count(mlops.binning) RETURNS int
	AS 'MODULE_PATHNAME', 'mlops_binning_count' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.bin_count(mlops.binning) IS 'number of bins, without the NULL bin and the unseen bin';

CREATE FUNCTION mlops.to_jsonb(mlops.binning) RETURNS jsonb
	AS 'MODULE_PATHNAME', 'mlops_binning_to_jsonb' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.to_jsonb(mlops.binning) IS 'the binning for people and programs: kind, edges or labels, range';

CREATE CAST (mlops.binning AS jsonb) WITH FUNCTION mlops.to_jsonb(mlops.binning);
COMMENT ON CAST (mlops.binning AS jsonb) IS 'kind, edges or labels, range';

CREATE FUNCTION mlops.binning_eq(mlops.binning, mlops.binning) RETURNS boolean
	AS 'MODULE_PATHNAME', 'mlops_binning_eq' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.binning_eq(mlops.binning, mlops.binning) IS 'implementation of =';
CREATE FUNCTION mlops.binning_ne(mlops.binning, mlops.binning) RETURNS boolean
	AS 'MODULE_PATHNAME', 'mlops_binning_ne' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mlops.binning_ne(mlops.binning, mlops.binning) IS 'implementation of <>';

CREATE OPERATOR mlops.= (
	LEFTARG = mlops.binning, RIGHTARG = mlops.binning, FUNCTION = mlops.binning_eq,
	COMMUTATOR = OPERATOR(mlops.=), NEGATOR = OPERATOR(mlops.<>)
);
COMMENT ON OPERATOR mlops.= (mlops.binning, mlops.binning) IS 'same edges or labels in the same order, and same range';
CREATE OPERATOR mlops.<> (
	LEFTARG = mlops.binning, RIGHTARG = mlops.binning, FUNCTION = mlops.binning_ne,
	COMMUTATOR = OPERATOR(mlops.<>), NEGATOR = OPERATOR(mlops.=)
);
COMMENT ON OPERATOR mlops.<> (mlops.binning, mlops.binning) IS 'not the same bins';
