/*
 * group_moments_codec.h
 *		The value of type mlops.group_moments, its bytes and its text, without
 *		server headers.
 *
 * Readers and writers go through a list of groups, so that order and encoding
 * of the labels can differ between the wire and the stored image.
 */
#ifndef MLOPS_GROUP_MOMENTS_CODEC_H
#define MLOPS_GROUP_MOMENTS_CODEC_H

#include "kernel/twosample/mean3.h"
#include "types/codec.h"

#define MLOPS_GROUP_MOMENTS_VERSION 2
#define MLOPS_GROUP_MOMENTS_MAX_GROUPS (1 << 20)
#define MLOPS_GROUP_MOMENTS_MAX_LABEL_BYTES (64 << 20)

/* Rows that are in no group, by why. */
typedef enum mlops_left_out
{
	MLOPS_LEFT_OUT_NULL,
	MLOPS_LEFT_OUT_NAN,
	MLOPS_LEFT_OUT_POSITIVE,	/* infinity */
	MLOPS_LEFT_OUT_NEGATIVE,
	MLOPS_LEFT_OUT_UNASSIGNED,	/* no label, whatever the value */
	MLOPS_LEFT_OUT
} mlops_left_out;

typedef struct mlops_group_item
{
	const char *label;			/* not terminated */
	uint32_t	length;
	mlops_mean3 moments;
} mlops_group_item;

typedef struct mlops_group_list
{
	mlops_group_item *item;
	uint32_t	n;
	int64_t		left_out[MLOPS_LEFT_OUT];
} mlops_group_list;

/* The stored image: this, mlops_mean3 [n], uint32 end of each label, labels. */
typedef struct mlops_group_moments
{
	int32_t		vl_len_;		/* the server's; do not touch directly */
	uint8_t		version;
	uint8_t		working;		/* 1: see group_moments.h */
	uint16_t	reserved;		/* 0 */
	uint32_t	groups;
	uint32_t	label_bytes;
	int64_t		left_out[MLOPS_LEFT_OUT];
} mlops_group_moments;

/*
 * Sort by the bytes of the labels and check everything that a value of ours
 * fulfils; NULL or what is wrong.
 */
extern const char *mlops_group_list_check(mlops_group_list *list);

/* All rows, in groups or left out; false if there are more than an int64 holds. */
extern bool mlops_group_list_rows(const mlops_group_list *list, int64_t *rows);

/*
 * Binary.  The first call tells how many groups follow (and that there are
 * bytes for them), the second fills list->item; labels point into the bytes.
 */
extern const char *mlops_group_moments_read_count(mlops_reader r, uint32_t *n);
extern const char *mlops_group_moments_read(mlops_reader *r, mlops_group_list *list);

/*
 * Text.  The first call counts, the second fills list->item; labels point into
 * buf, which has the size of the text.
 */
extern const char *mlops_group_moments_scan_count(mlops_scanner s, uint32_t *n);
extern const char *mlops_group_moments_scan(mlops_scanner *s, char *buf, size_t size,
											mlops_group_list *list);

extern void mlops_group_moments_write(mlops_writer *w, const mlops_group_list *list);
extern void mlops_group_moments_print(mlops_writer *w, const mlops_group_list *list);

/* The image of a checked list; the length word is left to the caller. */
extern size_t mlops_group_moments_image_size(uint32_t groups, uint32_t label_bytes);
extern uint32_t mlops_group_list_label_bytes(const mlops_group_list *list);
extern void mlops_group_moments_build(const mlops_group_list *list, mlops_group_moments *g);

/*
 * The list of an image of `size` bytes; list->item has room for g->groups and
 * labels point into the image.  False if the image is damaged.
 */
extern bool mlops_group_moments_list(const mlops_group_moments *g, size_t size,
									 mlops_group_list *list);

#endif
