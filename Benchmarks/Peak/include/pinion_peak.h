#ifndef PINION_PEAK_H
#define PINION_PEAK_H

/// Runs `rounds` rounds of fused multiply-adds on vectors of 64 bytes that never leave the
/// registers, and returns the number of floating-point operations done.
///
/// Ten chains: enough to hide a latency of four or five cycles behind two units, and few
/// enough for the 32 registers of AVX-512, not for the 16 of AVX2.
double pinion_peak_64_bytes(long rounds);

/// The same on vectors of 32 bytes, in twelve chains: what fits the registers of AVX2.
double pinion_peak_32_bytes(long rounds);

#endif
