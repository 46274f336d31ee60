/*
 * test_harness.c
 *		The harness itself: what it calls equal and how it reads vectors.
 */
#include "tap.h"

int
main(void)
{
	golden		g;
	double		list[4];

	ok(close_to(1.0, 1.0 + 1e-13, 1e-12), "close_to accepts a difference within the tolerance");
	ok(!close_to(1.0, 1.0 + 1e-11, 1e-12), "close_to rejects a difference beyond the tolerance");
	ok(!close_to(1e-300, 0.0, 1e-12), "a wanted zero is exact");
	ok(close_to(NAN, NAN, 0) && !close_to(NAN, 1, 1) && !close_to(1, NAN, 1), "NaN equals only NaN");
	ok(close_to(INFINITY, INFINITY, 0) && !close_to(INFINITY, -INFINITY, 1) && !close_to(1, INFINITY, 1),
	   "infinity equals only itself");

	golden_open(&g, "harness.csv", "name,value,list");
	ok(golden_next(&g) && strcmp(golden_text(&g, 0), "a") == 0, "text field");
	ok(golden_double(&g, 1) == 0.5, "number field");
	ok(golden_list(&g, 2, list, 4) == 3 && list[2] == -1e-3, "list field");
	ok(golden_next(&g) && golden_double(&g, 1) == INFINITY && golden_list(&g, 2, list, 4) == 0,
	   "infinity and an empty list");
	ok(!golden_next(&g), "end of file");
	return done_testing();
}
