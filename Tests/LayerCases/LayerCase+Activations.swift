internal import PinionLayers
internal import PinionTensor

/// Activations and layers that draw random numbers.
extension LayerCase {
  static let functions: [any ActivationFunction] = [
    Linear(), ReLU(), LeakyReLU(negativeSlope: 0.2), LeakyReLU(negativeSlope: 0.3), Tanh(),
    Sigmoid(), Softmax(), ELU(), ELU(alpha: 0.5), CELU(alpha: 2), SELU(), GELU(),
    GELU(approximate: true), SiLU(), Softplus(), Softsign(), Mish(), HardSigmoid(), HardSwish(),
    ReLU6(), LogSoftmax(), Exponential(),
  ]

  private static func activation(_ function: some ActivationFunction) -> Activation {
    Activation(function)
  }

  static let activations: [LayerCase] = {
    var rows = [
      LayerCase(PReLU(), [7], batch: 3), LayerCase(PReLU(sharedAxes: [1, 2]), [3, 4, 5]),
      LayerCase(PReLU(sharedAxes: [3]), [3, 4, 5]), LayerCase(PReLU(sharedAxes: [1]), [3, 4]),
    ]
    for function in functions {
      rows.append(LayerCase(activation(function), [4, 5], batch: 3))
    }
    return rows
  }()

  /// Keras draws other random numbers; its numbers are those of inference.
  static let noise: [LayerCase] = [
    LayerCase(Dropout(0), [3, 4]), LayerCase(Dropout(0.3), [4, 5], isTraining: false),
    LayerCase(SpatialDropout2D(0.3), [3, 4, 5], isTraining: false),
    LayerCase(GaussianDropout(0.3), [4, 5], isTraining: false),
    LayerCase(GaussianNoise(0.3), [4, 5], isTraining: false),
    LayerCase(StochasticDepth(0.3), [4, 5], isTraining: false),
  ]
}
