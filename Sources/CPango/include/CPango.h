#ifndef CPANGO_H
#define CPANGO_H

#include <stddef.h>

/* What the PDF module asks of cairo and Pango: pages of a PDF in memory, with text that is shaped, wrapped and measured.
   The headers of GLib stay here. Lengths are points (1/72 inch) from the upper left corner of the page.

   A document is used by one thread at a time. Functions that answer an int answer 0 when they succeed. */

typedef struct cpango_document cpango_document;

typedef struct
{
  const char *utf8;
  size_t count;
  double size;
  int is_bold;
  /* All letters as wide as each other. */
  int is_fixed;
  /* 0 black … 1 white. */
  double gray;
  /* Lines are wrapped at this width. */
  double width;
  /* 0 left, 1 right, 2 centre. */
  int alignment;
  /* What does not fit into so many lines ends with an ellipsis; 0 for no limit. */
  int lines;
} cpango_text;

/* NULL when there is no memory. */
cpango_document *cpango_open (double width, double height);
void cpango_close (cpango_document *document);

/* Texts end with NUL; created is a time of ISO 8601. */
void cpango_describe (cpango_document *document, const char *title, const char *author, const char *created);

/* How high the text is when it is drawn. */
double cpango_height (cpango_document *document, const cpango_text *text);
void cpango_draw (cpango_document *document, const cpango_text *text, double x, double y);
void cpango_rule (cpango_document *document, double x1, double y1, double x2, double y2, double width, double gray);
void cpango_fill (cpango_document *document, double x, double y, double width, double height, double gray);

/* Ends the page and begins the next. */
void cpango_next_page (cpango_document *document);

/* Ends the last page and the document. */
int cpango_finish (cpango_document *document);

/* 0 as long as nothing has gone wrong. */
int cpango_status (cpango_document *document);

/* What was written since the last call, valid until the next call of any function. */
const unsigned char *cpango_take (cpango_document *document, size_t *count);

#endif
