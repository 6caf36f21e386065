internal import PinionLayers
internal import PinionTensor

/// Normalizations.
extension LayerCase {
  static let normalizations: [LayerCase] =
    batchNormalizations + layerNormalizations + groupNormalizations + otherNormalizations

  private static let axes = [[-1], [1], [2], [3], [1, 2, 3], [2, 3], [1, 2]]
  private static let terms = [(false, true), (true, false), (false, false)]

  private static let batchNormalizations: [LayerCase] = {
    var rows = [
      LayerCase(BatchNormalization(momentum: 0.8, epsilon: 0.01), [7], batch: 5, calls: 3),
      LayerCase(BatchNormalization(momentum: 0.5, epsilon: 1e-4), [3], batch: 33),
      LayerCase(BatchNormalization(axis: 1), [8, 1, 1], batch: 7),
    ]
    for axis in [1, 2, 3, -1] {
      let moving = BatchNormalization(axis: axis, momentum: 0.9, epsilon: 1e-5)
      rows += [
        LayerCase(BatchNormalization(axis: axis), [5, 4, 3]),
        LayerCase(BatchNormalization(axis: axis), [5, 4, 3], isTraining: false),
        LayerCase(moving, [5, 4, 3], calls: 3),
      ]
    }
    for isTraining in [true, false] {
      rows.append(LayerCase(BatchNormalization(), [7], batch: 5, isTraining: isTraining))
      for (center, scale) in terms {
        let rowwise = BatchNormalization(axis: 1, center: center, scale: scale)
        let plain = BatchNormalization(center: center, scale: scale)
        rows += [
          LayerCase(rowwise, [3, 4, 3], isTraining: isTraining),
          LayerCase(plain, [4], batch: 5, isTraining: isTraining),
        ]
      }
    }
    return rows
  }()

  private static let layerNormalizations: [LayerCase] = {
    var rows = [LayerCase(LayerNormalization(epsilon: 0.1), [33], batch: 3)]
    for axes in axes { rows.append(LayerCase(LayerNormalization(axes: axes), [4, 3, 6])) }
    for (center, scale) in terms {
      rows.append(LayerCase(LayerNormalization(center: center, scale: scale), [7], batch: 3))
    }
    return rows
  }()

  private static let groupNormalizations: [LayerCase] = {
    var rows = [LayerCase(GroupNormalization(groups: 4), [8], batch: 3)]
    for (axis, groups) in [(-1, 1), (-1, 2), (-1, -1), (1, 1), (1, 2), (1, -1), (2, 1), (2, 3)] {
      rows.append(LayerCase(GroupNormalization(groups: groups, axis: axis), [4, 3, 6]))
    }
    for (center, scale) in terms {
      let layer = GroupNormalization(groups: 3, center: center, scale: scale)
      rows.append(LayerCase(layer, [3, 2, 6]))
    }
    return rows
  }()

  private static let otherNormalizations: [LayerCase] = {
    var rows = [
      // Keras's fails on other axes than the last.
      LayerCase(RMSNormalization(), [4, 5]), LayerCase(RMSNormalization(), [4, 3, 6]),
      LayerCase(RMSNormalization(epsilon: 0.1), [33], batch: 3),
      LayerCase(Rescaling(0.5), [4, 2], batch: 3),
      LayerCase(Rescaling(-2, offset: 0.25), [4, 2], batch: 3),
      LayerCase(Normalization(mean: [1, 2, 3], variance: [1, 4, 2]), [4, 3]),
      // The square root of the last variance is below the smallest divisor, 10⁻⁷.
      LayerCase(
        Normalization(mean: [-1, -0.5, 0, 0.5, 1], variance: [0.25, 0.5, 0.75, 1, 0]), [3, 5],
        values: .rounded),
      LayerCase(
        Normalization(mean: [-1, -0.5, 0], variance: [0.25, 0.5, 0], axis: 1), [3, 5],
        values: .rounded),
    ]
    for axes in axes { rows.append(LayerCase(UnitNormalization(axes: axes), [4, 3, 6])) }
    return rows
  }()
}
