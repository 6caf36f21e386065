internal import PinionLayers
internal import PinionTensor

/// Pooling, shaping, merging and attention.
extension LayerCase {
  static let pooling: [LayerCase] = {
    var rows = [
      LayerCase(MaxPool2D(padding: .same), [7, 7, 2], batch: 1),
      LayerCase(MaxPool2D(3, stride: 2, padding: .same), [4, 5, 1], batch: 1),
      LayerCase(MaxPool2D(), [4, 6, 1], batch: 3),
      LayerCase(MaxPool2D(padding: .same), [7, 5, 16], batch: 1),
      LayerCase(AveragePool2D(), [5, 7, 3]), LayerCase(AveragePool2D(padding: .same), [5, 7, 3]),
      LayerCase(AveragePool2D(3, stride: 1, padding: .same), [5, 7, 3]),
      LayerCase(AveragePool2D(3, stride: 2, padding: .same), [5, 7, 3]),
      LayerCase(AveragePool2D(Size2D(2, 3), stride: Size2D(2, 1)), [5, 7, 3]),
      LayerCase(AveragePool2D(Size2D(5, 7)), [5, 7, 3]),
      // Equal largest values share a gradient.
      LayerCase(GlobalMaxPooling2D(), [4, 4, 3], values: .rectified),
    ]
    for size in [Size2D(2), Size2D(3), Size2D(2, 3)] {
      for stride in Set([size, Size2D(1), Size2D(2)]).sorted(by: { $0.width < $1.width }) {
        for padding in Padding.allCases {
          rows.append(LayerCase(MaxPool2D(size, stride: stride, padding: padding), [5, 7, 3]))
        }
      }
    }
    for keepDims in [false, true] {
      rows += [
        LayerCase(GlobalAveragePooling2D(keepDims: keepDims), [3, 4, 5]),
        LayerCase(GlobalAveragePooling2D(keepDims: keepDims), [1, 1, 7], batch: 1),
        LayerCase(GlobalMaxPooling2D(keepDims: keepDims), [3, 4, 5]),
        LayerCase(GlobalMaxPooling2D(keepDims: keepDims), [1, 1, 7], batch: 1),
        LayerCase(GlobalAveragePooling1D(keepDims: keepDims), [6, 4], batch: 3),
        LayerCase(GlobalMaxPooling1D(keepDims: keepDims), [6, 4], batch: 3),
      ]
    }
    return rows
  }()

  static let shaping: [LayerCase] = {
    var rows = [
      LayerCase(Flatten(), [3, 4, 5]), LayerCase(Flatten(), [7], batch: 3),
      LayerCase(RepeatVector(5), [4], batch: 3), LayerCase(Permute([2, 1]), [3, 4]),
      LayerCase(ActivityRegularization(l1: 0.1, l2: 0.2), [4, 3]),
    ]
    let borders: [Edges2D] = [1, Edges2D(bottom: 2, left: 1), Edges2D(top: 3)]
    for edges in borders {
      rows.append(LayerCase(ZeroPadding2D(edges), [4, 5, 3]))
      rows.append(LayerCase(Cropping2D(edges), [4, 5, 3]))
    }
    let images: [Shape] = [[3, 4, 3], [1, 5, 2], [1, 1, 1]]
    for image in images {
      for size in [Size2D(2), Size2D(3, 1), Size2D(2, 5), Size2D(1)] {
        rows.append(LayerCase(UpSampling2D(size), image))
        rows.append(LayerCase(UpSampling2D(size, interpolation: .bilinear), image))
      }
    }
    for shape in [[12, 5], [-1], [3, -1, 2], [1, 60]] {
      rows.append(LayerCase(Reshape(shape), [3, 4, 5]))
    }
    for axes in [[1, 2, 3], [2, 1, 3], [3, 1, 2], [1, 3, 2], [3, 2, 1], [2, 3, 1]] {
      rows.append(LayerCase(Permute(axes), [3, 4, 5]))
    }
    return rows
  }()

  static let merging: [LayerCase] = {
    var rows = [
      LayerCase(Concatenate(), [3, 4, 5], [3, 4, 2], [3, 4, 5]),
      LayerCase(Concatenate(axis: 3), [3, 4, 5], [3, 4, 1], [3, 4, 5]),
      LayerCase(Concatenate(axis: 1), [3, 4, 5], [2, 4, 5], [3, 4, 5]),
      LayerCase(Concatenate(axis: 2), [3, 4, 5], [3, 7, 5], [3, 4, 5]),
      LayerCase(Concatenate(), [4, 3], [4, 1]),
      LayerCase(Dot(), [5], [5], batch: 3), LayerCase(Dot(), [4, 3], [2, 3]),
      LayerCase(Dot(axes: [1, 2]), [3, 4], [2, 3]),
      LayerCase(Dot(axes: [3, 1]), [2, 4, 3], [3, 2]),
      LayerCase(Dot(axes: [2, 1]), [2, 3, 4], [3, 2, 2]),
      LayerCase(Dot(axis: 2), [2, 3, 4], [2, 3]),
    ]
    let pairs: [[Shape]] = [
      [[3, 4, 5], [3, 4, 5]], [[3, 4, 5], [1, 1, 5]], [[1, 4, 1], [3, 1, 5]],
      [[3, 4, 5], [3, 4, 1]], [[5], [3, 4, 5]],
    ]
    let layers: [any Layer] = [
      Add(), Subtract(), Multiply(), Average(), Maximum(), Minimum(),
    ]
    for layer in layers {
      for shapes in pairs { rows.append(LayerCase(layer, of: shapes)) }
      if !(layer is Subtract) { rows.append(LayerCase(layer, [3, 4], [3, 1], [3, 4], [1, 4])) }
    }
    return rows
  }()

  static let attention: [LayerCase] = [
    LayerCase(Embedding(5, 3), [4], batch: 3, values: .indices(count: 5)),
    LayerCase(Embedding(5, 3), [2, 3], values: .indices(count: 5)),
    LayerCase(Embedding(3, 2), [], values: .indices(count: 3)),
    LayerCase(PositionEmbedding(), [4, 3]),
    LayerCase(ClassToken(tokenInitializer: .glorotUniform), [4, 3]),
    LayerCase(MultiHeadAttention(2, keyDim: 3), [5, 6]),
    LayerCase(MultiHeadAttention(3, keyDim: 2, usesBias: false), [4, 5], batch: 3),
    LayerCase(MultiHeadAttention(2, keyDim: 3, valueDim: 4, usesCausalMask: true), [5, 6]),
    LayerCase(MultiHeadAttention(1, keyDim: 4, outputDim: 3), [1, 4], batch: 1),
    LayerCase(
      MultiHeadAttention(
        3, keyDim: 2, valueDim: 4, outputDim: 5, usesBias: false, usesCausalMask: true), [4, 6]),
    LayerCase(MultiHeadAttention(2, keyDim: 3, dropout: 0.3), [5, 4], isTraining: false),
    LayerCase(MultiHeadAttention(2, keyDim: 3), [5, 6], [3, 4]),
    LayerCase(
      MultiHeadAttention(2, keyDim: 3, valueDim: 5, outputDim: 8), [3, 6], [5, 4], [5, 7]),
    LayerCase(MultiHeadAttention(2, keyDim: 2, usesCausalMask: true), [3, 6], [3, 4], [3, 4]),
    LayerCase(MultiHeadAttention(2, keyDim: 3, valueDim: 2), [2, 3, 4], [5, 2], [5, 6]),
  ]
}
