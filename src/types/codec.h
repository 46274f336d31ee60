/*
 * codec.h
 *		Bounded reading and writing of bytes and text, without server headers.
 *
 * Everything that a client can hand us (binary recv, text input) goes through
 * these functions.  Bytes are little-endian on every machine.  A reader or a
 * scanner that met an error stays in error and returns zeros, so a parser can
 * read a whole record and look at the flag once, before it uses what it read.
 */
#ifndef MLOPS_CODEC_H
#define MLOPS_CODEC_H

#include "kernel/kernel.h"

/* ---- bytes in ---- */

typedef struct mlops_reader
{
	const uint8_t *p;
	const uint8_t *end;
	bool		bad;			/* something was missing or out of range */
} mlops_reader;

extern void mlops_reader_init(mlops_reader *r, const void *data, size_t size);
extern size_t mlops_reader_left(const mlops_reader *r);
extern uint8_t mlops_read_u8(mlops_reader *r);
extern uint16_t mlops_read_u16(mlops_reader *r);
extern uint32_t mlops_read_u32(mlops_reader *r);
extern uint64_t mlops_read_u64(mlops_reader *r);
extern int64_t mlops_read_i64(mlops_reader *r);
extern double mlops_read_f64(mlops_reader *r);

/* n bytes where they are, or NULL (and bad) if there are fewer */
extern const uint8_t *mlops_read_bytes(mlops_reader *r, size_t n);

/* true if nothing went wrong and nothing is left over */
extern bool mlops_reader_done(const mlops_reader *r);

/* ---- bytes out ---- */

typedef struct mlops_writer
{
	uint8_t    *data;			/* NULL: only count */
	size_t		size;
	size_t		used;			/* may pass size: then the buffer was too small */
} mlops_writer;

extern void mlops_writer_init(mlops_writer *w, void *data, size_t size);
extern bool mlops_writer_full(const mlops_writer *w);
extern void mlops_write_u8(mlops_writer *w, uint8_t v);
extern void mlops_write_u16(mlops_writer *w, uint16_t v);
extern void mlops_write_u32(mlops_writer *w, uint32_t v);
extern void mlops_write_u64(mlops_writer *w, uint64_t v);
extern void mlops_write_i64(mlops_writer *w, int64_t v);
extern void mlops_write_f64(mlops_writer *w, double v);
extern void mlops_write_bytes(mlops_writer *w, const void *data, size_t n);
extern void mlops_write_cstring(mlops_writer *w, const char *s);

/* text of numbers and quoted strings, into the same writer */
extern void mlops_write_int_text(mlops_writer *w, int64_t v);
extern void mlops_write_float_text(mlops_writer *w, double v);
extern void mlops_write_quoted(mlops_writer *w, const char *s, size_t n);

/* ---- text in ---- */

typedef struct mlops_scanner
{
	const char *p;
	const char *end;
	const char *why;			/* NULL, or what was expected (first error wins) */
} mlops_scanner;

extern void mlops_scanner_init(mlops_scanner *s, const char *text, size_t size);
extern void mlops_scan_fail(mlops_scanner *s, const char *why);

/* skip white space, then take the character or word if it is there */
extern bool mlops_scan_accept(mlops_scanner *s, char c);
extern bool mlops_scan_word(mlops_scanner *s, const char *word);

/* the same, but its absence is an error */
extern void mlops_scan_expect(mlops_scanner *s, char c, const char *why);

extern double mlops_scan_float(mlops_scanner *s);	/* finite decimal number */
extern double mlops_scan_any_float(mlops_scanner *s);	/* or NaN, Infinity, -Infinity */
extern int64_t mlops_scan_int(mlops_scanner *s);	/* optional minus, decimal digits */

/*
 * A string in double quotes, with \" and \\ for the two special characters.
 * Writes at most size bytes to buf (NULL: only count) and returns its length.
 */
extern size_t mlops_scan_quoted(mlops_scanner *s, char *buf, size_t size);

/* error unless only white space is left; true if the whole text was good */
extern bool mlops_scan_end(mlops_scanner *s);

/* Size of the buffer mlops_format_float needs */
#define MLOPS_FLOAT_TEXT_SIZE 40

/*
 * Fewest significant digits (15, 16 or 17) that read back as exactly v.
 * Infinity, -Infinity and NaN are written as the server writes them.
 */
extern int	mlops_format_float(double v, char *buf);

#endif
