#include "jpeg_encoder.h"

#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

uint8_t *pinion_encode_jpeg(
    const uint8_t *pixels, int width, int height, int channels, int quality, const int *sampling,
    int is_progressive, size_t *count) {
  struct jpeg_compress_struct info;
  struct jpeg_error_mgr errors;
  // Errors exit the process; the arguments come from the tests only.
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char *bytes = NULL;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &bytes, &size);
  info.image_width = width;
  info.image_height = height;
  info.input_components = channels;
  info.in_color_space = channels == 1 ? JCS_GRAYSCALE : channels == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, quality, TRUE);
  for (int i = 0; i < info.num_components; i++) {
    info.comp_info[i].h_samp_factor = sampling == NULL ? 1 : sampling[2 * i];
    info.comp_info[i].v_samp_factor = sampling == NULL ? 1 : sampling[2 * i + 1];
  }
  if (is_progressive) jpeg_simple_progression(&info);
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < info.image_height) {
    JSAMPROW row = (JSAMPROW)(pixels + (size_t)info.next_scanline * width * channels);
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  *count = size;
  return bytes;
}
