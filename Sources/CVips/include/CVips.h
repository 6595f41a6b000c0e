#ifndef CVIPS_H
#define CVIPS_H

#include <stddef.h>
#include <stdint.h>

/* What the preview program asks of libvips: its calls take their options as variadic arguments, which Swift cannot
   give, and its headers bring all of GLib along. Every function answers 0 when it succeeds. */

typedef struct cvips_source cvips_source;
typedef struct cvips_image cvips_image;

/* Starts the library with one thread and no cache, and blocks the reader of every format. */
int cvips_start (void);

/* Lets one family of readers work again: "Jpeg", "Pdf". */
void cvips_allow (const char *format);

/* Bytes that stay where they are while the source is used; NULL when there is no memory. */
cvips_source *cvips_open (const void *bytes, size_t count);
void cvips_close (cvips_source *source);

/* The size that a picture claims, by its header alone. */
int cvips_header (cvips_source *source, int *width, int *height);

/* Upright, in sRGB, on white, within a square: smaller pictures as they are unless they may be enlarged. */
int cvips_fit (cvips_source *source, int side, int may_enlarge, cvips_image **out);

/* The same, filling the square, with what lies outside its middle cut off. */
int cvips_fill (cvips_source *source, int side, cvips_image **out);

int cvips_width (cvips_image *image);
int cvips_height (cvips_image *image);
void cvips_release (cvips_image *image);

/* JPEG without any metadata, in memory that cvips_free lets go of. */
int cvips_jpeg (cvips_image *image, void **bytes, size_t *count);
void cvips_free (void *bytes);

#endif
