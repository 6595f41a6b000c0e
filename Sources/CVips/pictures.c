#include "CVips.h"

#include <vips/vips.h>
#include <vips/vector.h>

int
cvips_start (void)
{
  if (vips_init ("cloudspace-preview") != 0)
    return -1;
  vips_concurrency_set (1);
  vips_cache_set_max (0);
  /* Code made at run time would need memory that can be both written and run. */
  vips_vector_set_enabled (FALSE);
  vips_operation_block_set ("VipsForeignLoad", TRUE);
  vips_block_untrusted_set (TRUE);
  return 0;
}

void
cvips_allow (const char *format)
{
  char *name = g_strdup_printf ("VipsForeignLoad%s", format);
  vips_operation_block_set (name, FALSE);
  g_free (name);
}

cvips_source *
cvips_open (const void *bytes, size_t count)
{
  return (cvips_source *) vips_source_new_from_memory (bytes, count);
}

void
cvips_close (cvips_source *source)
{
  g_object_unref (source);
}

int
cvips_header (cvips_source *source, int *width, int *height)
{
  VipsImage *image
      = vips_image_new_from_source (VIPS_SOURCE (source), "", "access", VIPS_ACCESS_SEQUENTIAL, NULL);
  if (image == NULL)
    return -1;
  *width = vips_image_get_width (image);
  *height = vips_image_get_height (image);
  g_object_unref (image);
  return 0;
}

/* Three colours, on white where it was transparent. Takes over the picture it is given. */
static int
plain (VipsImage *in, cvips_image **out)
{
  VipsImage *opaque = NULL;
  VipsImage *coloured = NULL;
  int code = 0;
  if (vips_image_hasalpha (in))
    {
      VipsArrayDouble *white = vips_array_double_newv (1, 255.0);
      code = vips_flatten (in, &opaque, "background", white, NULL);
      vips_area_unref (VIPS_AREA (white));
      g_object_unref (in);
    }
  else
    opaque = in;
  if (code == 0)
    {
      code = vips_colourspace (opaque, &coloured, VIPS_INTERPRETATION_sRGB, NULL);
      g_object_unref (opaque);
    }
  *out = (cvips_image *) coloured;
  return code;
}

/* Without a profile of its own a picture is in sRGB already; converting it all the same would tint its white. */
static int
has_profile (cvips_source *source)
{
  VipsImage *image
      = vips_image_new_from_source (VIPS_SOURCE (source), "", "access", VIPS_ACCESS_SEQUENTIAL, NULL);
  int found = image != NULL && vips_image_get_typeof (image, VIPS_META_ICC_NAME) != 0;
  if (image != NULL)
    g_object_unref (image);
  return found;
}

static int
thumbnail (cvips_source *source, int side, VipsSize size, VipsInteresting crop, cvips_image **out)
{
  VipsImage *image = NULL;
  int code = has_profile (source)
                 ? vips_thumbnail_source (VIPS_SOURCE (source), &image, side, "height", side, "size", size, "crop",
                                          crop, "export_profile", "srgb", NULL)
                 : vips_thumbnail_source (VIPS_SOURCE (source), &image, side, "height", side, "size", size, "crop",
                                          crop, NULL);
  return code == 0 ? plain (image, out) : -1;
}

int
cvips_fit (cvips_source *source, int side, int may_enlarge, cvips_image **out)
{
  return thumbnail (source, side, may_enlarge ? VIPS_SIZE_BOTH : VIPS_SIZE_DOWN, VIPS_INTERESTING_NONE, out);
}

int
cvips_fill (cvips_source *source, int side, cvips_image **out)
{
  return thumbnail (source, side, VIPS_SIZE_BOTH, VIPS_INTERESTING_CENTRE, out);
}

int
cvips_width (cvips_image *image)
{
  return vips_image_get_width (VIPS_IMAGE (image));
}

int
cvips_height (cvips_image *image)
{
  return vips_image_get_height (VIPS_IMAGE (image));
}

void
cvips_release (cvips_image *image)
{
  g_object_unref (image);
}

int
cvips_jpeg (cvips_image *image, void **bytes, size_t *count)
{
  return vips_jpegsave_buffer (VIPS_IMAGE (image), bytes, count, "Q", 82, "strip", TRUE, "optimize_coding", TRUE, NULL);
}

void
cvips_free (void *bytes)
{
  g_free (bytes);
}
