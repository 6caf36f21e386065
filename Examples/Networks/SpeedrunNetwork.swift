public import Pinion

/// The network of the speed run on CIFAR-10: a whitening of 2 × 2 patches, then three groups of two
/// convolutions, of 64, 256 and 256 filters.
///
/// After airbench94 (Jordan 2024, arXiv:2404.00498), but with padding in the first layer: maps of
/// 32, 16, 8 and 4 pixels fill the 4 × 4 tiles of Winograd's algorithm, those of 31, 15, 7 and 3 do
/// not, at the same cost.
public enum SpeedrunNetwork {
  /// The name of the first layer, which is not trained.
  public static let whitening = "whiten"
  /// The name of the last layer.
  public static let head = "head"
  /// The filters of each group.
  public static let widths = [64, 256, 256]

  /// The logits of ten classes for images (32, 32, 3).
  public static var definition: Sequential {
    get throws {
      let width = Float(widths[widths.count - 1])
      return try Sequential(input: [32, 32, 3], name: "speedrun") {
        Conv2D(24, kernel: 2, padding: .same, activation: .gelu, usesBias: false, name: whitening)
        for filters in widths {
          convolution(filters)
          MaxPool2D()
          normalization
          Activation(.gelu)
          convolution(filters)
          normalization
          Activation(.gelu)
        }
        GlobalMaxPooling2D()
        // Small logits: their gradients move the head slowly, as a scale of 1 / width would.
        Dense(
          10, usesBias: false, kernelInitializer: RandomNormal(standardDeviation: 1 / width),
          name: head)
      }
    }
  }

  /// The first filters copy the channels; the others have PyTorch's initial values.
  private static func convolution(_ filters: Int) -> Conv2D {
    Conv2D(
      filters, kernel: 3, padding: .same, usesBias: false,
      kernelInitializer: Dirac(
        remainder: VarianceScaling(scale: 1.0 / 3, mode: .fanIn, distribution: .uniform)))
  }

  private static var normalization: BatchNormalization {
    BatchNormalization(momentum: 0.6, epsilon: 1e-12, scale: false)
  }
}
