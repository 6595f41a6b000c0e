#include "CPango.h"

#include <string.h>

#include <cairo-pdf.h>
#include <pango/pangocairo.h>

struct cpango_document
{
  cairo_surface_t *surface;
  cairo_t *cairo;
  PangoFontMap *fonts;
  PangoContext *context;
  PangoLayout *layout;
  GByteArray *written;
  /* Handed out, to be dropped at the next call. */
  guint taken;
};

static void
drop_taken (cpango_document *document)
{
  if (document->taken > 0)
    g_byte_array_remove_range (document->written, 0, document->taken);
  document->taken = 0;
}

static cairo_status_t
append (void *closure, const unsigned char *bytes, unsigned int count)
{
  cpango_document *document = closure;
  g_byte_array_append (document->written, bytes, count);
  return CAIRO_STATUS_SUCCESS;
}

cpango_document *
cpango_open (double width, double height)
{
  cpango_document *document = g_try_new0 (cpango_document, 1);
  cairo_font_options_t *options;
  if (document == NULL)
    return NULL;
  document->written = g_byte_array_new ();
  document->surface = cairo_pdf_surface_create_for_stream (append, document, width, height);
  document->cairo = cairo_create (document->surface);
  /* Of its own: the default one belongs to a thread. */
  document->fonts = pango_cairo_font_map_new ();
  document->context = pango_font_map_create_context (document->fonts);
  pango_cairo_context_set_resolution (document->context, 72);
  options = cairo_font_options_create ();
  cairo_font_options_set_hint_style (options, CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics (options, CAIRO_HINT_METRICS_OFF);
  pango_cairo_context_set_font_options (document->context, options);
  cairo_font_options_destroy (options);
  pango_cairo_update_context (document->cairo, document->context);
  document->layout = pango_layout_new (document->context);
  return document;
}

void
cpango_close (cpango_document *document)
{
  g_object_unref (document->layout);
  g_object_unref (document->context);
  g_object_unref (document->fonts);
  cairo_destroy (document->cairo);
  /* Writes what is left, so the buffer goes last. */
  cairo_surface_destroy (document->surface);
  g_byte_array_free (document->written, TRUE);
  g_free (document);
}

void
cpango_describe (cpango_document *document, const char *title, const char *author, const char *created)
{
  cairo_pdf_surface_set_metadata (document->surface, CAIRO_PDF_METADATA_TITLE, title);
  cairo_pdf_surface_set_metadata (document->surface, CAIRO_PDF_METADATA_AUTHOR, author);
  cairo_pdf_surface_set_metadata (document->surface, CAIRO_PDF_METADATA_CREATE_DATE, created);
}

static void
lay_out (cpango_document *document, const cpango_text *text)
{
  PangoFontDescription *font = pango_font_description_new ();
  pango_font_description_set_family_static (
      font, text->is_fixed ? "DejaVu Sans Mono, monospace" : "DejaVu Sans, sans-serif");
  pango_font_description_set_absolute_size (font, text->size * PANGO_SCALE);
  pango_font_description_set_weight (font, text->is_bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
  pango_layout_set_font_description (document->layout, font);
  pango_font_description_free (font);
  pango_layout_set_text (document->layout, text->utf8, (int) text->count);
  pango_layout_set_width (document->layout, (int) (text->width * PANGO_SCALE));
  pango_layout_set_wrap (document->layout, PANGO_WRAP_WORD_CHAR);
  pango_layout_set_alignment (
      document->layout,
      text->alignment == 1 ? PANGO_ALIGN_RIGHT : text->alignment == 2 ? PANGO_ALIGN_CENTER : PANGO_ALIGN_LEFT);
  /* A negative height counts the lines of each paragraph. */
  pango_layout_set_height (document->layout, text->lines > 0 ? -text->lines : -G_MAXINT);
  pango_layout_set_ellipsize (document->layout, text->lines > 0 ? PANGO_ELLIPSIZE_END : PANGO_ELLIPSIZE_NONE);
}

double
cpango_height (cpango_document *document, const cpango_text *text)
{
  int height = 0;
  lay_out (document, text);
  pango_layout_get_size (document->layout, NULL, &height);
  return (double) height / PANGO_SCALE;
}

void
cpango_draw (cpango_document *document, const cpango_text *text, double x, double y)
{
  drop_taken (document);
  lay_out (document, text);
  cairo_set_source_rgb (document->cairo, text->gray, text->gray, text->gray);
  cairo_move_to (document->cairo, x, y);
  pango_cairo_show_layout (document->cairo, document->layout);
}

void
cpango_rule (cpango_document *document, double x1, double y1, double x2, double y2, double width, double gray)
{
  drop_taken (document);
  cairo_set_source_rgb (document->cairo, gray, gray, gray);
  cairo_set_line_width (document->cairo, width);
  cairo_move_to (document->cairo, x1, y1);
  cairo_line_to (document->cairo, x2, y2);
  cairo_stroke (document->cairo);
}

void
cpango_fill (cpango_document *document, double x, double y, double width, double height, double gray)
{
  drop_taken (document);
  cairo_set_source_rgb (document->cairo, gray, gray, gray);
  cairo_rectangle (document->cairo, x, y, width, height);
  cairo_fill (document->cairo);
}

void
cpango_next_page (cpango_document *document)
{
  drop_taken (document);
  cairo_show_page (document->cairo);
}

int
cpango_finish (cpango_document *document)
{
  drop_taken (document);
  cairo_show_page (document->cairo);
  cairo_surface_finish (document->surface);
  return cpango_status (document);
}

int
cpango_status (cpango_document *document)
{
  cairo_status_t status = cairo_status (document->cairo);
  return status != CAIRO_STATUS_SUCCESS ? (int) status : (int) cairo_surface_status (document->surface);
}

const unsigned char *
cpango_take (cpango_document *document, size_t *count)
{
  drop_taken (document);
  document->taken = document->written->len;
  *count = document->taken;
  return document->written->data;
}
