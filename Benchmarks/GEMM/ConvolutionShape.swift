import BenchmarkSupport
import PinionTensor

/// A 3×3 convolution of the report's networks as a matrix product (im2col).
struct ConvolutionShape {
  /// The matrix products of a training step.
  enum Pass: String, Encodable, CaseIterable {
    case forward
    case weightGradient = "weight gradient"
    case inputGradient = "input gradient"
  }

  let height: Int
  let width: Int
  /// Input channels.
  let channels: Int
  /// Output channels.
  let filters: Int
  /// The number of pixels per product: half an image to eight images, so that their columns occupy
  /// about 1 MB, the size of a core's L2 cache.
  let pixels: Int
  /// Whether it is measured with `--quick`.
  var isQuick = false

  /// Such as `28×28×32→64`.
  var name: String { "\(height)×\(width)×\(channels)→\(filters)" }

  /// The product of a pass, with P = pixels, K = 9·channels and N = filters: Y(P, N) = X(P, K)·W(K,
  /// N); dW(K, N) = X(P, K)ᵀ·dY(P, N); dX(P, K) = dY(P, N)·W(K, N)ᵀ.
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

/// The same product on every thread, each with its own matrices, as in the convolutions of a batch.
struct OwnProducts {
  private let product: MatrixProduct

  init(_ product: MatrixProduct) { self.product = product }

  func rate(pool: ThreadPool, stopwatch: Stopwatch) -> Rate {
    let product = product
    let operands = (0..<pool.threadCount).map { _ in product.operands() }
    return stopwatch.rate(operations: product.operations * Double(operands.count)) { calls in
      pool.run(count: operands.count) { piece, _ in
        for _ in 0..<calls { product.run(operands[piece], rows: 0..<product.m) }
      }
    }
  }
}
