#ifndef PINION_WINOGRAD_TRANSFORMS_H
#define PINION_WINOGRAD_TRANSFORMS_H

#include "vector16.h"

// The one-dimensional transforms of Winograd's minimal filtering algorithm F(4, 3): four outputs of
// a filter with three taps from six inputs, with six multiplications (Lavin and Gray 2015,
// https://arxiv.org/abs/1509.09308):
//
//     y = Aᵀ·[(G·g) ⊙ (Bᵀ·d)]                  d: 6 inputs, g: 3 taps, y: 4 outputs
//
// and, nested in two dimensions, F(4×4, 3×3) with 36 multiplications:
//
//     Y = Aᵀ·[(G·g·Gᵀ) ⊙ (Bᵀ·d·B)]·A           d: 6 × 6, g: 3 × 3, Y: 4 × 4
//
// The matrices follow from six interpolation points x₀ … x₅ by the Cook-Toom construction (Blahut
// 2010, Fast Algorithms for Signal Processing, chapter 5). The algorithm is the transpose of the
// one that multiplies a polynomial with 3 coefficients by one with 4: evaluate both factors at the
// points, multiply, interpolate. With the last point at infinity and k counting the finite points,
//
//     Aᵀ  column k: (1, xₖ, xₖ², xₖ³)                              at infinity: (0, 0, 0, 1)
//     G   row k:    (1, xₖ, xₖ²) / Nₖ,  Nₖ = Π_{j≠k} (xₖ − xⱼ)     at infinity: (0, 0, 1)
//     Bᵀ  row k:    coefficients of Π_{j≠k} (x − xⱼ), ascending    at infinity: of Π_j (x − xⱼ)
//
// Points: 0, p, −p, q, −q, ∞ with p = 5/8 and q = 3/2. Points of both signs let rows k and k + 1
// share their even and odd parts. This choice keeps the entries' magnitudes close to each other,
// which halves the rounding error of the usual points 1 and 2; all entries of A and B are exact in
// single precision.
//
//          ⎡ p²q²    0   −(p²+q²)    0     1  0 ⎤     ⎡ 225/256     0    −169/64     0    1  0 ⎤
//          ⎢  0    −pq²    −q²       p     1  0 ⎥     ⎢    0     −45/32   −9/4      5/8   1  0 ⎥
//     Bᵀ = ⎢  0     pq²    −q²      −p     1  0 ⎥  =  ⎢    0      45/32   −9/4     −5/8   1  0 ⎥
//          ⎢  0    −p²q    −p²       q     1  0 ⎥     ⎢    0    −75/128  −25/64     3/2   1  0 ⎥
//          ⎢  0     p²q    −p²      −q     1  0 ⎥     ⎢    0     75/128  −25/64    −3/2   1  0 ⎥
//          ⎣  0    p²q²     0    −(p²+q²)  0  1 ⎦     ⎣    0    225/256     0    −169/64  0  1 ⎦
//
//          ⎡ 1/N₀      0       0    ⎤     ⎡   256/225        0          0     ⎤  N₀  = p²q²
//          ⎢ 1/Nₚ    p/Nₚ    p²/Nₚ  ⎥     ⎢ −2048/2975   −256/595    −32/119  ⎥  Nₚ  = 2p²(p² − q²)
//      G = ⎢ 1/Nₚ   −p/Nₚ    p²/Nₚ  ⎥  =  ⎢ −2048/2975    256/595    −32/119  ⎥  N_q = 2q²(q² − p²)
//          ⎢ 1/N_q   q/N_q   q²/N_q ⎥     ⎢   128/1071     64/357     32/119  ⎥
//          ⎢ 1/N_q  −q/N_q   q²/N_q ⎥     ⎢   128/1071    −64/357     32/119  ⎥
//          ⎣  0        0       1    ⎦     ⎣      0           0          1     ⎦
//
//          ⎡ 1   1    1    1    1   0 ⎤     ⎡ 1     1        1       1      1    0 ⎤
//     Aᵀ = ⎢ 0   p   −p    q   −q   0 ⎥  =  ⎢ 0    5/8     −5/8     3/2   −3/2   0 ⎥
//          ⎢ 0   p²   p²   q²   q²  0 ⎥     ⎢ 0   25/64    25/64    9/4    9/4   0 ⎥
//          ⎣ 0   p³  −p³   q³  −q³  1 ⎦     ⎣ 0  125/512 −125/512  27/8  −27/8   1 ⎦
//
// The gradients are the transposed maps: dg = Gᵀ·dU·G, dd = B·dV·Bᵀ, dM = A·dY·Aᵀ.

#define P1 (5.0f / 8)
#define P2 (P1 * P1)
#define P3 (P2 * P1)
#define Q1 (3.0f / 2)
#define Q2 (Q1 * Q1)
#define Q3 (Q2 * Q1)
/// 1 / Nₖ for the points 0, ±p and ±q.
#define SCALE_0 (1 / (P2 * Q2))
#define SCALE_P (1 / (2 * P2 * (P2 - Q2)))
#define SCALE_Q (1 / (2 * Q2 * (Q2 - P2)))

// Those of a kernel, of 16 channels or filters at a time; winograd_input.h and winograd_output.h
// have the others.

/// u = G·g: g (3,), u (6,).
PINION_INLINE void kernel_1d(const vector16 *g, vector16 *u) {
  vector16 even_p = SCALE_P * g[0] + (SCALE_P * P2) * g[2], odd_p = (SCALE_P * P1) * g[1];
  vector16 even_q = SCALE_Q * g[0] + (SCALE_Q * Q2) * g[2], odd_q = (SCALE_Q * Q1) * g[1];
  u[0] = SCALE_0 * g[0];
  u[1] = even_p + odd_p;
  u[2] = even_p - odd_p;
  u[3] = even_q + odd_q;
  u[4] = even_q - odd_q;
  u[5] = g[2];
}

/// g = Gᵀ·u: u (6,), g (3,).
PINION_INLINE void kernel_gradient_1d(const vector16 *u, vector16 *g) {
  vector16 sum_p = SCALE_P * (u[1] + u[2]), difference_p = SCALE_P * (u[1] - u[2]);
  vector16 sum_q = SCALE_Q * (u[3] + u[4]), difference_q = SCALE_Q * (u[3] - u[4]);
  g[0] = SCALE_0 * u[0] + sum_p + sum_q;
  g[1] = P1 * difference_p + Q1 * difference_q;
  g[2] = P2 * sum_p + Q2 * sum_q + u[5];
}

#endif
