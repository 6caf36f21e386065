#include <math.h>

#include "sanitize.h"

static double logistic(double z) { return 1 / (1 + exp(-z)); }
static double normal_part(double z) { return 0.5 * erfc(-z / sqrt(2)); }
static double gelu_argument(double z) { return 2 * sqrt(2 / M_PI) * (z + 0.044715 * z * z * z); }
static double mish_factor(double z) { return tanh(log1p(exp(z))); }
static double hard(double z) { return fmin(fmax((z + 3) / 6, 0), 1); }

// f, then f′ at the arguments.
static double softplus(double z) { return log1p(exp(z)); }
static double softsign(double z) { return z / (1 + fabs(z)); }
static double silu(double z) { return z * logistic(z); }
static double mish(double z) { return z * mish_factor(z); }
static double gelu(double z) { return z * normal_part(z); }
static double gelu_tanh(double z) { return z * logistic(gelu_argument(z)); }
static double hard_swish(double z) { return z * hard(z); }

static double sigmoid_slope(double z) { return logistic(z) * logistic(-z); }
static double tanh_slope(double z) { return 1 - tanh(z) * tanh(z); }
static double softsign_slope(double z) { return 1 / ((1 + fabs(z)) * (1 + fabs(z))); }
static double silu_slope(double z) { return logistic(z) + z * sigmoid_slope(z); }
static double mish_slope(double z) {
  double t = mish_factor(z);
  return t + z * (1 - t * t) * logistic(z);
}
static double gelu_slope(double z) { return normal_part(z) + z * exp(-z * z / 2) / sqrt(2 * M_PI); }
static double gelu_tanh_slope(double z) {
  double u = gelu_argument(z), slope = 2 * sqrt(2 / M_PI) * (1 + 3 * 0.044715 * z * z);
  return logistic(u) + z * sigmoid_slope(u) * slope;
}
static double hard_sigmoid_slope(double z) { return fabs(z) < 3 ? 1.0 / 6 : 0; }
static double hard_swish_slope(double z) { return fabs(z) < 3 ? (2 * z + 3) / 6 : z > 0; }

typedef struct {
  const char *name;
  void (*apply)(float *, ptrdiff_t);
  void (*apply_gradient)(float *, const float *, ptrdiff_t);
  double (*value)(double);
  double (*slope)(double);
  int reads_arguments;
} map;

static const map maps[] = {
    {"sigmoid", pinion_sigmoid, pinion_sigmoid_gradient, logistic, sigmoid_slope, 0},
    {"tanh", pinion_tanh, pinion_tanh_gradient, tanh, tanh_slope, 0},
    {"exponential", pinion_exponential, pinion_exponential_gradient, exp, exp, 0},
    {"softplus", pinion_softplus, pinion_softplus_gradient, softplus, logistic, 0},
    {"softsign", pinion_softsign, pinion_softsign_gradient, softsign, softsign_slope, 0},
    {"silu", pinion_silu, pinion_silu_gradient, silu, silu_slope, 1},
    {"mish", pinion_mish, pinion_mish_gradient, mish, mish_slope, 1},
    {"gelu", pinion_gelu, pinion_gelu_gradient, gelu, gelu_slope, 1},
    {"gelu by tanh", pinion_gelu_tanh, pinion_gelu_tanh_gradient, gelu_tanh, gelu_tanh_slope, 1},
    {"hard sigmoid", pinion_hard_sigmoid, pinion_hard_sigmoid_gradient, hard, hard_sigmoid_slope,
     0},
    {"hard swish", pinion_hard_swish, pinion_hard_swish_gradient, hard_swish, hard_swish_slope, 1},
};
enum { map_count = sizeof maps / sizeof maps[0] };

void check_activations(void) {
  ptrdiff_t count = between(1, 70);
  float scale = (float)between(1, 16);
  double *expected = zero_doubles(count);
  for (int m = 0; m < map_count; m++) {
    float *z = random_floats(count), *y = zero_floats(count), *dy = random_floats(count);
    for (ptrdiff_t i = 0; i < count; i++) z[i] *= scale;
    for (ptrdiff_t i = 0; i < count; i++) y[i] = z[i], expected[i] = maps[m].value(z[i]);
    maps[m].apply(y, count);
    expect(maps[m].name, y, expected, count, 6);
    for (ptrdiff_t i = 0; i < count; i++) expected[i] = dy[i] * maps[m].slope(z[i]);
    maps[m].apply_gradient(dy, maps[m].reads_arguments ? z : y, count);
    expect(maps[m].name, dy, expected, count, 12);
  }
}

void check_units(void) {
  ptrdiff_t count = between(1, 70);
  float *z = random_floats(count), *y = zero_floats(count), *dy = random_floats(count);
  double *expected = zero_doubles(count);
  pinion_exponential_unit unit = {1.25f, 0.75f, 2};
  for (ptrdiff_t i = 0; i < count; i++) {
    y[i] = z[i] *= 8;
    expected[i] = z[i] > 0 ? 1.25 * z[i] : 0.75 * expm1(2.0 * z[i]);
  }
  pinion_elu(y, count, unit);
  expect("an exponential linear unit", y, expected, count, 6);
  for (ptrdiff_t i = 0; i < count; i++) {
    expected[i] = dy[i] * (z[i] > 0 ? 1.25 : 1.5 * exp(2.0 * z[i]));
  }
  pinion_elu_gradient(dy, y, count, unit);
  expect("its gradient", dy, expected, count, 12);

  float bound = 6;
  for (ptrdiff_t i = 0; i < count; i++) {
    y[i] = z[i];
    expected[i] = fmin(fmax(z[i], 0), bound);
  }
  pinion_bounded_relu(y, count, bound);
  expect("a bounded rectifier", y, expected, count, 0);
  for (ptrdiff_t i = 0; i < count; i++) expected[i] = z[i] > 0 && z[i] < bound ? dy[i] : 0;
  pinion_bounded_relu_gradient(dy, y, count, bound);
  expect("its gradient", dy, expected, count, 0);
}

void check_softmax(void) {
  ptrdiff_t rows = between(1, 5), width = between(0, 9) ? between(1, 40) : between(500, 1100);
  ptrdiff_t count = rows * width;
  float *z = random_floats(count), *p = zero_floats(count), *logs = zero_floats(count);
  float *dy = random_floats(count), *dz = zero_floats(count);
  double *values = zero_doubles(count), *logarithms = zero_doubles(count);
  double *slopes = zero_doubles(count), *log_slopes = zero_doubles(count);
  // Some whose powers overflow unless the largest is subtracted first.
  float scale = between(0, 1) ? 16 : 512;
  for (ptrdiff_t r = 0; r < rows; r++) {
    double sum = 0, dot = 0, total = 0;
    for (ptrdiff_t i = r * width; i < (r + 1) * width; i++) {
      p[i] = logs[i] = z[i] *= scale;
      dz[i] = dy[i];
      sum += exp(z[i]);
    }
    for (ptrdiff_t i = r * width; i < (r + 1) * width; i++) {
      values[i] = exp(z[i]) / sum;
      logarithms[i] = z[i] - log(sum);
      dot += dy[i] * values[i];
      total += dy[i];
    }
    for (ptrdiff_t i = r * width; i < (r + 1) * width; i++) {
      slopes[i] = values[i] * (dy[i] - dot);
      log_slopes[i] = dy[i] - values[i] * total;
    }
  }
  pinion_softmax(p, rows, width);
  expect("a softmax", p, values, count, 8);
  pinion_log_softmax(logs, rows, width);
  expect("a log-softmax", logs, logarithms, count, 8);
  pinion_softmax_gradient(dy, p, rows, width);
  expect("a softmax's gradient", dy, slopes, count, 32);
  pinion_log_softmax_gradient(dz, logs, rows, width);
  expect("a log-softmax's gradient", dz, log_slopes, count, 256);
}
