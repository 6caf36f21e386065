import PinionLayers
import PinionTensor

/// Layers by themselves, of each kernel, stride, number of channels and size of image.
enum LayerGrid {
  /// The values of a batch.
  static let mostValues = 1 << 24
  /// The fraction of the limit that a pass should reach.
  static let goal = 0.6
  private static let kernels = [1, 3, 5, 7]
  private static let strides = [1, 2]
  private static let channels = [1, 3, 8, 16, 32, 64, 128, 256]
  private static let sizes = [4, 8, 16, 32, 64, 96]
  /// The filters of a convolution with 1 or 3 channels; others have as many as channels.
  private static let firstFilters = 32

  static func cases() throws -> [LayerCase] {
    var layers: [(Shape, any Layer)] = []
    for count in channels {
      for size in sizes {
        let shape: Shape = [size, size, count]
        for stride in strides {
          for kernel in kernels where stride == 1 || kernel > 1 || count >= 8 {
            let (kernel, stride) = (Size2D(kernel), Size2D(stride))
            let filters = count < 8 ? firstFilters : count
            layers.append(
              (shape, Conv2D(filters, kernel: kernel, stride: stride, padding: .same)))
            guard kernel != 1, count >= 8 else { continue }
            layers.append((shape, DepthwiseConv2D(kernel: kernel, stride: stride, padding: .same)))
          }
        }
        layers += [
          (shape, MaxPool2D(2)), (shape, AveragePool2D(2)), (shape, GlobalAveragePooling2D()),
          (shape, BatchNormalization()), (shape, LayerNormalization()),
          (shape, Activation(.relu)), (shape, Activation(.gelu)), (shape, Activation(.tanh)),
          (shape, Activation(.sigmoid)), (shape, Activation(.silu)),
        ]
      }
    }
    return try layers.map { shape, layer in try LayerCase(layer, input: shape) }
  }
}
