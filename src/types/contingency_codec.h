/*
 * contingency_codec.h
 *		The value of type mlops.contingency, its bytes and its text, without
 *		server headers.
 *
 * Readers and writers go through a list of categories, so that order and
 * encoding of the labels can differ between the wire and the stored image.
 */
#ifndef MLOPS_CONTINGENCY_CODEC_H
#define MLOPS_CONTINGENCY_CODEC_H

#include "types/codec.h"

#define MLOPS_CONTINGENCY_VERSION 1
#define MLOPS_CONTINGENCY_MAX_CATEGORIES (1 << 20)
#define MLOPS_CONTINGENCY_MAX_LABEL_BYTES (64 << 20)

/* Index of a pair of counts; also what is_current is converted to. */
#define MLOPS_REFERENCE 0
#define MLOPS_CURRENT 1

typedef struct mlops_category
{
	const char *label;			/* not terminated */
	uint32_t	length;
	int64_t		count[2];
} mlops_category;

typedef struct mlops_category_list
{
	mlops_category *item;
	uint32_t	n;
	int64_t		null_count[2];
	int64_t		unassigned;		/* rows of neither side: is_current was NULL */
} mlops_category_list;

/* The stored image: this, int64 count[n][2], uint32 end of each label, labels. */
typedef struct mlops_contingency
{
	int32_t		vl_len_;		/* the server's; do not touch directly */
	uint8_t		version;
	uint8_t		working;		/* 1: see contingency_work.h */
	uint16_t	reserved;		/* 0 */
	uint32_t	categories;
	uint32_t	label_bytes;
	int64_t		null_count[2];
	int64_t		unassigned;
} mlops_contingency;

/*
 * Sort by the bytes of the labels and check everything that a value of ours
 * fulfils; NULL or what is wrong.
 */
extern const char *mlops_category_list_check(mlops_category_list *list);

/*
 * Binary.  The first call tells how many categories follow (and that there are
 * bytes for them), the second fills list->item; labels point into the bytes.
 */
extern const char *mlops_contingency_read_count(mlops_reader r, uint32_t *n);
extern const char *mlops_contingency_read(mlops_reader *r, mlops_category_list *list);

/*
 * Text.  The first call counts, the second fills list->item; labels point into
 * buf, which has the size of the text.
 */
extern const char *mlops_contingency_scan_count(mlops_scanner s, uint32_t *n);
extern const char *mlops_contingency_scan(mlops_scanner *s, char *buf, size_t size,
										  mlops_category_list *list);

extern void mlops_contingency_write(mlops_writer *w, const mlops_category_list *list);
extern void mlops_contingency_print(mlops_writer *w, const mlops_category_list *list);

/* The image of a checked list; the length word is left to the caller. */
extern size_t mlops_contingency_image_size(uint32_t categories, uint32_t label_bytes);
extern uint32_t mlops_category_list_label_bytes(const mlops_category_list *list);
extern void mlops_contingency_build(const mlops_category_list *list, mlops_contingency *c);

/*
 * The list of an image of `size` bytes; list->item has room for c->categories
 * and labels point into the image.  False if the image is damaged.
 */
extern bool mlops_contingency_list(const mlops_contingency *c, size_t size,
								   mlops_category_list *list);

#endif
