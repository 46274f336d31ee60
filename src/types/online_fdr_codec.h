/*
 * online_fdr_codec.h
 *		The value of type mlops.online_fdr, its bytes and its text, without
 *		server headers.
 */
#ifndef MLOPS_ONLINE_FDR_CODEC_H
#define MLOPS_ONLINE_FDR_CODEC_H

#include "kernel/multiplicity/online_fdr.h"
#include "types/codec.h"

#define MLOPS_ONLINE_FDR_VERSION 1

/* Runs of rejections in one value, which then has 4 MB. */
#define MLOPS_ONLINE_FDR_MAX_RUNS 262144

typedef struct mlops_online_fdr
{
	int32_t		vl_len_;		/* the server's; do not touch directly */
	uint8_t		version;
	uint8_t		reserved[3];	/* 0 */
	mlops_online_stream stream;
	mlops_online_run run[];		/* stream.runs */
} mlops_online_fdr;

static inline size_t
mlops_online_fdr_size(uint32_t runs)
{
	return sizeof(mlops_online_fdr) + (size_t) runs * sizeof(mlops_online_run);
}

/* "lord++", "saffron", "addis"; 0 if it is none of them */
extern uint32_t mlops_online_method_by_name(const char *name);
extern const char *mlops_online_method_name(uint32_t method);

/*
 * A stream before its first test, in a zeroed image without runs.  A parameter
 * that is NULL has the method's default.  Returns NULL or what is wrong.
 */
extern const char *mlops_online_fdr_begin(mlops_online_fdr *f, uint32_t method, double alpha,
										  const double *w0, const double *lambda, const double *tau);

/* Two passes, as in binning_codec.h; NULL or what is wrong. */
extern const char *mlops_online_fdr_read_size(mlops_reader r, size_t *size);
extern const char *mlops_online_fdr_read(mlops_reader *r, mlops_online_fdr *f);
extern const char *mlops_online_fdr_scan_size(mlops_scanner s, size_t *size);
extern const char *mlops_online_fdr_scan(mlops_scanner *s, mlops_online_fdr *f);

extern void mlops_online_fdr_write(mlops_writer *w, const mlops_online_fdr *f);
extern void mlops_online_fdr_print(mlops_writer *w, const mlops_online_fdr *f);

#endif
