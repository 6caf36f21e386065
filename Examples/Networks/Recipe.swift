public import ArgumentParser
public import CommandArguments
public import Pinion

/// The settings with which an example trains a network unless its options replace them.
public struct Recipe: Sendable {
  public enum OptimizerName: String, ExpressibleByArgument, CaseIterable, Sendable {
    case adam
    case nadam
    /// Stochastic gradient descent with Nesterov momentum 0.9.
    case sgd
    /// Muon for the kernels of convolutions, as matrices of (height · width · in, out), whose
    /// Frobenius norms are kept at √out; Adam, at 0.03 times the learning rate, for all other
    /// parameters.
    case muon
  }

  /// What the network's outputs for a test image are averaged over.
  public enum TestViews: String, ExpressibleByArgument, CaseIterable, Sendable {
    /// The image.
    case original
    /// The image and its mirror image.
    case flipped
    /// These two, and both moved by a pixel up, down, left and right: ten.
    case shifted

    /// Each with the same weight; uncovered pixels are 0.
    public var views: [TestTimeView] {
      let flips: [RandomFlip.Direction?] = self == .original ? [nil] : [nil, .horizontal]
      let shifts = [(0, 0), (-1, 0), (1, 0), (0, -1), (0, 1)].prefix(self == .shifted ? 5 : 1)
      return shifts.flatMap { down, right in
        flips.map { TestTimeView(flip: $0, down: down, right: right) }
      }
    }
  }

  /// The number of epochs, after which the schedule ends.
  public var epochs: Int
  public var batchSize = 100
  public var optimizer = OptimizerName.adam
  /// The learning rate at the end of the warm-up.
  public var learningRate: Double
  public var schedule = ScheduleArgument.cosine
  /// Epochs of warm-up, in which the learning rate rises from 0.
  public var warmUp: Int
  /// Decoupled decay of kernels, alone.
  public var weightDecay = 0.0
  /// The momentum of the moving average of the weights that is validated and kept; 0 for none.
  public var averaging = 0.999
  /// Epochs without a lower validation loss after which training stops.
  public var patience: Int
  public var validationSplit = 0.1
  public var labelSmoothing = 0.0
  public var augment: [AugmentationArgument] = []
  public var testViews = TestViews.original
  /// The rate of the dropout layers after poolings; 0 also for networks without any.
  public var dropout = 0.0
  /// The rate of the dropout layer after the hidden dense layer, which has few units.
  public var denseDropout = 0.0
  /// The axis of (batch, height, width, channels) along which the personal networks have one set of
  /// statistics per entry: 1 for each row of an image, as the report, or 3 for each channel.
  public var normalizationAxis = 1

  init(epochs: Int, patience: Int, learningRate: Double = 0.001, warmUp: Int = 0) {
    self.epochs = epochs
    self.patience = patience
    self.learningRate = learningRate
    self.warmUp = warmUp
  }
}

// The settings of each network. Those of the report's seven were chosen on the validation images;
// Documentation/Experiments describes how.

extension FashionMNISTNetwork {
  public var recipe: Recipe {
    switch self {
    case .mlp: Recipe(epochs: 30, patience: 10)
    case .cnn: Recipe(epochs: 15, patience: 10)
    case .personal:
      .personal(
        epochs: 60, learningRate: 0.002, dropout: 0.3, denseDropout: 0.1, validationSplit: 0)
    case .best: .residual(epochs: 90)
    }
  }
}

extension CIFAR10Network {
  public var recipe: Recipe {
    switch self {
    case .mlp: Recipe(epochs: 40, patience: 15, learningRate: 0.0005, warmUp: 5)
    case .cnn: Recipe(epochs: 15, patience: 10)
    case .personal:
      .personal(
        epochs: 60, learningRate: 0.002, weightDecay: 0.05, dropout: 0.25, denseDropout: 0)
    case .best: .residual(epochs: 72)
    }
  }
}

extension CIFAR100Network {
  public var recipe: Recipe {
    switch self {
    case .personal:
      .personal(
        epochs: 50, learningRate: 0.002, weightDecay: 0.05, dropout: 0.3, denseDropout: 0.15)
    case .best: .residual(epochs: 40)
    }
  }
}

extension Recipe {
  /// Of the report author's networks.
  fileprivate static func personal(
    epochs: Int, learningRate: Double, weightDecay: Double = 0, dropout: Double,
    denseDropout: Double, validationSplit: Double = 0.1
  ) -> Recipe {
    var recipe = Recipe(epochs: epochs, patience: 15, learningRate: learningRate)
    recipe.weightDecay = weightDecay
    recipe.dropout = dropout
    recipe.denseDropout = denseDropout
    recipe.validationSplit = validationSplit
    return recipe
  }

  /// Of the residual networks: Muon, augmentation, and an average of the weights, on all training
  /// images.
  fileprivate static func residual(epochs: Int) -> Recipe {
    var recipe = Recipe(epochs: epochs, patience: epochs, learningRate: 0.05)
    recipe.batchSize = 250
    recipe.optimizer = .muon
    recipe.averaging = 0.995
    recipe.validationSplit = 0
    recipe.labelSmoothing = 0.1
    recipe.augment = ["flip", "crop=4", "erasing=0.25"].compactMap {
      AugmentationArgument(argument: $0)
    }
    recipe.testViews = .shifted
    return recipe
  }
}
