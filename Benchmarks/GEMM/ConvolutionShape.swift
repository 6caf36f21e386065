import BenchmarkSupport

/// A convolution of the report's networks, 3×3, as the product that im2col makes of it.
struct ConvolutionShape {
  /// The three products of a training step.
  enum Pass: String, Encodable, CaseIterable {
    case forward
    case weightGradient = "weight gradient"
    case inputGradient = "input gradient"
  }

  let height: Int
  let width: Int
  /// The channels of the input.
  let channels: Int
  /// The channels of the output.
  let filters: Int
  /// The pixels of one product: half an image to eight of them, so that their columns take about a
  /// megabyte, a core's L2 cache.
  let pixels: Int
  /// Whether a quick run measures it.
  var isQuick = false

  /// Such as `28×28×32→64`.
  var name: String { "\(height)×\(width)×\(channels)→\(filters)" }

  /// The product of a pass, where P is pixels, K is 9·channels and N is filters:
  /// Y(P, N) = X(P, K)·W(K, N); dW(K, N) = X(P, K)ᵀ·dY(P, N); dX(P, K) = dY(P, N)·W(K, N)ᵀ.
  func product(_ pass: Pass) -> MatrixProduct {
    let taps = 9 * channels
    return switch pass {
    case .forward: MatrixProduct(m: pixels, n: filters, k: taps)
    case .weightGradient: MatrixProduct(transposeA: .yes, m: taps, n: filters, k: pixels)
    case .inputGradient: MatrixProduct(transposeB: .yes, m: pixels, n: taps, k: filters)
    }
  }

  static let all = [
    ConvolutionShape(height: 28, width: 28, channels: 1, filters: 32, pixels: 784),
    ConvolutionShape(height: 28, width: 28, channels: 32, filters: 32, pixels: 392),
    ConvolutionShape(height: 28, width: 28, channels: 32, filters: 64, pixels: 784, isQuick: true),
    ConvolutionShape(height: 14, width: 14, channels: 64, filters: 64, pixels: 392),
    ConvolutionShape(height: 32, width: 32, channels: 3, filters: 32, pixels: 1024),
    ConvolutionShape(height: 32, width: 32, channels: 32, filters: 32, pixels: 512),
    ConvolutionShape(height: 32, width: 32, channels: 32, filters: 64, pixels: 1024),
    ConvolutionShape(height: 16, width: 16, channels: 32, filters: 64, pixels: 512),
    ConvolutionShape(height: 16, width: 16, channels: 64, filters: 128, pixels: 512),
    ConvolutionShape(height: 8, width: 8, channels: 64, filters: 128, pixels: 256),
    ConvolutionShape(height: 8, width: 8, channels: 128, filters: 128, pixels: 256, isQuick: true),
    ConvolutionShape(height: 4, width: 4, channels: 128, filters: 256, pixels: 128),
  ]
}
