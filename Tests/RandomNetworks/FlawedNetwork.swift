import PinionLayers
import PinionOptimizers
import PinionTensor
import PinionTraining

/// A random network with one error, which must be refused with a typed error before anything is
/// computed.
package enum FlawedNetwork: CaseIterable, Sendable {
  case kernelLargerThanImage, noFilters, noStride, winogradForAnotherKernel, shallowForTallKernel
  case negativeUnits, axisOfTheBatch, axisTooLarge, rateAboveOne, unequalTerms, poolLargerThanImage
  case negativeSlope, imageWithoutChannels, duplicateName, slashInName, emptyAxis
  case targetsOfAnotherShape, negativeRate, momentumAboveOne, decreasingBoundaries

  /// Draws sizes and creates the network; throws unless the error is missed.
  package func make(_ number: Int) throws {
    var choices = Choices(seed: number, purpose: "flaws")
    let side = choices.number(in: 2...9)
    let channels = choices.number(in: 1...40)
    let input = Input(self == .emptyAxis ? [side, 0, channels] : [side, side, channels])
    let before = Conv2D(channels, kernel: 1, name: "before")(input)
    let graph = try Graph(input: input, output: Dense(3)(flawed(before, side, channels, &choices)))
    let model = try Model(graph, optimizer: optimizer(&choices), loss: MeanSquaredError())
    try model.objectives[0].loss.validate(
      output: graph.outputShape,
      target: self == .targetsOfAnotherShape ? [side] : graph.outputShape)
  }

  private func flawed(
    _ x: SymbolicTensor, _ side: Int, _ channels: Int, _ choices: inout Choices
  ) -> SymbolicTensor {
    let excess = side + choices.number(in: 1...5)
    switch self {
    case .kernelLargerThanImage: return Conv2D(4, kernel: Size2D(1, excess))(x)
    case .noFilters: return Conv2D(-choices.below(3), kernel: 1)(x)
    case .noStride: return Conv2D(3, kernel: 1, stride: Size2D(1, -choices.below(3)))(x)
    case .winogradForAnotherKernel:
      let stride = choices.number(in: 2...4)
      return choices.oneIn(2)
        ? Conv2D(3, kernel: 3, stride: Size2D(stride), padding: .same, algorithm: .winograd)(x)
        : Conv2D(3, kernel: Size2D(3, 5), padding: .same, algorithm: .winograd)(x)
    case .shallowForTallKernel:
      return Conv2D(3, kernel: Size2D(17, 1), padding: .same, algorithm: .shallow)(x)
    case .negativeUnits: return Dense(-choices.below(5))(x)
    case .axisOfTheBatch: return BatchNormalization(axis: choices.pick([0, -4]))(x)
    case .axisTooLarge: return BatchNormalization(axis: choices.number(in: 4...9))(x)
    case .rateAboveOne: return Dropout(1 + choices.number(in: 0.01...2))(x)
    case .unequalTerms: return Add()(x, Conv2D(channels + 1, kernel: 1)(x))
    case .poolLargerThanImage: return MaxPool2D(Size2D(excess, 1))(x)
    case .negativeSlope:
      return Activation(.leakyReLU(negativeSlope: -Float(choices.number(in: 0.01...1))))(x)
    case .imageWithoutChannels: return Conv2D(3, kernel: 1)(Flatten()(x))
    case .duplicateName: return Conv2D(3, kernel: 1, name: "before")(x)
    case .slashInName: return Dropout(0.5, name: "a/b")(x)
    default: return x
    }
  }

  private func optimizer(_ choices: inout Choices) -> any Optimizer {
    switch self {
    case .negativeRate: SGD(learningRate: LearningRate(-choices.number(in: 0.01...1)))
    case .momentumAboveOne: SGD(momentum: 1 + choices.number(in: 0.01...1))
    case .decreasingBoundaries:
      Adam(learningRate: .piecewiseConstantDecay(boundaries: [3, 2], values: [1, 1, 1]))
    default: RandomOptimizer.make(&choices)
    }
  }
}
