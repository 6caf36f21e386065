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
