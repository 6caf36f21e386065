#ifndef PINION_ACTIVATIONS_H
#define PINION_ACTIVATIONS_H

#include <stddef.h>

// Activation functions f. A function replaces z by f(z) for `count` numbers; its gradient replaces
// dy by dz = dy·f′(z), from the values y = f(z) or from the arguments z, as the parameter's name
// says.

/// 1 / (1 + exp(−z)); f′ = y·(1 − y).
void pinion_sigmoid(float *values, ptrdiff_t count);
void pinion_sigmoid_gradient(float *gradients, const float *y, ptrdiff_t count);

/// tanh z; f′ = 1 − y².
void pinion_tanh(float *values, ptrdiff_t count);
void pinion_tanh_gradient(float *gradients, const float *y, ptrdiff_t count);

/// exp(z); f′ = y.
void pinion_exponential(float *values, ptrdiff_t count);
void pinion_exponential_gradient(float *gradients, const float *y, ptrdiff_t count);

/// log(1 + exp(z)); f′ = 1 − exp(−y).
void pinion_softplus(float *values, ptrdiff_t count);
void pinion_softplus_gradient(float *gradients, const float *y, ptrdiff_t count);

/// z / (1 + |z|); f′ = (1 − |y|)².
void pinion_softsign(float *values, ptrdiff_t count);
void pinion_softsign_gradient(float *gradients, const float *y, ptrdiff_t count);

/// z·σ(z), σ(z) = 1 / (1 + exp(−z)); f′ = σ + z·σ·(1 − σ).
void pinion_silu(float *values, ptrdiff_t count);
void pinion_silu_gradient(float *gradients, const float *z, ptrdiff_t count);

/// z·t, t = tanh(log(1 + exp(z))); f′ = t + z·(1 − t²)·σ(z).
void pinion_mish(float *values, ptrdiff_t count);
void pinion_mish_gradient(float *gradients, const float *z, ptrdiff_t count);

/// z·Φ(z), Φ the cumulative distribution function of the standard normal distribution and φ its
/// density; f′ = Φ + z·φ.
void pinion_gelu(float *values, ptrdiff_t count);
void pinion_gelu_gradient(float *gradients, const float *z, ptrdiff_t count);

/// z·(1 + tanh(u)) / 2 = z·σ(2u), u = √(2/π)·(z + 0.044715·z³); f′ = σ + z·σ·(1 − σ)·2u′.
void pinion_gelu_tanh(float *values, ptrdiff_t count);
void pinion_gelu_tanh_gradient(float *gradients, const float *z, ptrdiff_t count);

/// z clamped to 0…bound; f′ = 1 for 0 < y < bound, else 0.
void pinion_bounded_relu(float *values, ptrdiff_t count, float bound);
void pinion_bounded_relu_gradient(float *gradients, const float *y, ptrdiff_t count, float bound);

/// (z + 3) / 6 clamped to 0…1; f′ = 1/6 for 0 < y < 1, else 0.
void pinion_hard_sigmoid(float *values, ptrdiff_t count);
void pinion_hard_sigmoid_gradient(float *gradients, const float *y, ptrdiff_t count);

/// z·h(z), h the hard sigmoid; f′ = 0 for z ≤ −3, 1 for z ≥ 3, else (2z + 3) / 6.
void pinion_hard_swish(float *values, ptrdiff_t count);
void pinion_hard_swish_gradient(float *gradients, const float *z, ptrdiff_t count);

/// slope·z for z > 0, height·(exp(rate·z) − 1) for z ≤ 0, all three positive; f′ = slope for y > 0,
/// else rate·(y + height).
typedef struct {
  float slope, height, rate;
} pinion_exponential_unit;

void pinion_elu(float *values, ptrdiff_t count, pinion_exponential_unit unit);
void pinion_elu_gradient(
    float *gradients, const float *y, ptrdiff_t count, pinion_exponential_unit unit);

// Over rows (rows, width).

/// p = exp(z − max z) / Σ exp(z − max z); dz = p·(dy − Σ dy·p).
void pinion_softmax(float *values, ptrdiff_t rows, ptrdiff_t width);
void pinion_softmax_gradient(float *gradients, const float *p, ptrdiff_t rows, ptrdiff_t width);

/// y = (z − max z) − log Σ exp(z − max z); dz = dy − exp(y)·Σ dy.
void pinion_log_softmax(float *values, ptrdiff_t rows, ptrdiff_t width);
void pinion_log_softmax_gradient(float *gradients, const float *y, ptrdiff_t rows, ptrdiff_t width);

#endif
