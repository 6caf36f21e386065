public import Pinion

extension Zoo {
  /// A small vision transformer (Dosovitskiy et al. 2021), with the mean over all patches in place
  /// of a class token.
  ///
  /// - Parameters:
  ///   - patch: The side of a patch.
  ///   - width: The channels of a patch.
  ///   - depth: The number of blocks.
  public static func visionTransformer(
    input: Shape = [32, 32, 3], classes: Int = 10, patch: Int = 4, width: Int = 64,
    depth: Int = 6, heads: Int = 4
  ) throws -> Graph {
    let image = Input(input)
    let patches = Conv2D(width, kernel: Size2D(patch), stride: Size2D(patch))(image)
    var x = PositionEmbedding()(Reshape([-1, width])(patches))
    for _ in 0..<depth {
      var y = LayerNormalization(epsilon: 1e-6)(x)
      x = Add()(x, MultiHeadAttention(heads, keyDim: width / heads, dropout: 0.1)(y))
      y = Dense(2 * width, activation: .gelu)(LayerNormalization(epsilon: 1e-6)(x))
      x = Add()(x, Dropout(0.1)(Dense(width)(Dropout(0.1)(y))))
    }
    x = GlobalAveragePooling1D()(LayerNormalization(epsilon: 1e-6)(x))
    return try classifier("vit", from: image, features: x, classes)
  }
}
