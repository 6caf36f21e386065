import PinionOptimizers

/// A learning rate as the fixtures describe it, under Keras's names.
struct FixtureSchedule: Decodable {
  struct Configuration: Decodable {
    var value: Double?
    var initialLearningRate: Double?
    var decaySteps: Int?
    var decayRate: Double?
    var staircase: Bool?
    var alpha: Double?
    var warmupTarget: Double?
    var warmupSteps: Int?
    var firstDecaySteps: Int?
    var tMul: Double?
    var mMul: Double?
    var boundaries: [Int]?
    var values: [Double]?
    var endLearningRate: Double?
    var power: Double?
    var cycle: Bool?
    // PyTorch's.
    var maxRate, baseRate, riseFraction, divisionFactor, finalDivisionFactor, gamma: Double?
    var totalSteps, riseSteps, fallSteps: Int?
    var mode, annealing: String?
    var threePhases: Bool?

    enum CodingKeys: String, CodingKey {
      case value, staircase, alpha, boundaries, values, power, cycle
      case initialLearningRate = "initial_learning_rate"
      case decaySteps = "decay_steps"
      case decayRate = "decay_rate"
      case warmupTarget = "warmup_target"
      case warmupSteps = "warmup_steps"
      case firstDecaySteps = "first_decay_steps"
      case tMul = "t_mul"
      case mMul = "m_mul"
      case endLearningRate = "end_learning_rate"
      case mode, gamma
      case maxRate = "max_lr"
      case baseRate = "base_lr"
      case riseFraction = "pct_start"
      case divisionFactor = "div_factor"
      case finalDivisionFactor = "final_div_factor"
      case totalSteps = "total_steps"
      case riseSteps = "step_size_up"
      case fallSteps = "step_size_down"
      case annealing = "anneal_strategy"
      case threePhases = "three_phase"
    }
  }

  struct Unknown: Error { let type: String }
  struct Missing: Error {}

  let type: String
  let config: Configuration

  func learningRate() throws -> LearningRate {
    let c = config
    func need<Value>(_ value: Value?) throws -> Value {
      guard let value else { throw Missing() }
      return value
    }
    switch type {
    case "Constant":
      return .constant(try need(c.value))
    case "ExponentialDecay":
      return .exponentialDecay(
        initialLearningRate: try need(c.initialLearningRate), decaySteps: try need(c.decaySteps),
        decayRate: try need(c.decayRate), staircase: try need(c.staircase))
    case "InverseTimeDecay":
      return .inverseTimeDecay(
        initialLearningRate: try need(c.initialLearningRate), decaySteps: try need(c.decaySteps),
        decayRate: try need(c.decayRate), staircase: try need(c.staircase))
    case "CosineDecay":
      return .cosineDecay(
        initialLearningRate: try need(c.initialLearningRate), decaySteps: try need(c.decaySteps),
        alpha: c.alpha ?? 0, warmupTarget: c.warmupTarget, warmupSteps: c.warmupSteps ?? 0)
    case "CosineDecayRestarts":
      return .cosineDecayRestarts(
        initialLearningRate: try need(c.initialLearningRate),
        firstDecaySteps: try need(c.firstDecaySteps), tMul: try need(c.tMul),
        mMul: try need(c.mMul), alpha: try need(c.alpha))
    case "PiecewiseConstantDecay":
      return .piecewiseConstantDecay(
        boundaries: try need(c.boundaries), values: try need(c.values))
    case "PolynomialDecay":
      return .polynomialDecay(
        initialLearningRate: try need(c.initialLearningRate), decaySteps: try need(c.decaySteps),
        endLearningRate: try need(c.endLearningRate), power: try need(c.power),
        cycle: try need(c.cycle))
    case "OneCycleLR":
      return .oneCycle(
        maximumRate: try need(c.maxRate), totalSteps: try need(c.totalSteps),
        riseFraction: c.riseFraction ?? 0.3,
        annealing: c.annealing == "linear" ? .linear : .cosine,
        divisionFactor: c.divisionFactor ?? 25, finalDivisionFactor: c.finalDivisionFactor ?? 1e4,
        hasThreePhases: c.threePhases ?? false)
    case "CyclicLR":
      let kinds: [String: CyclicRate.Kind] = [
        "triangular": .triangular, "triangular2": .halving,
        "exp_range": .exponential(gamma: try need(c.gamma)),
      ]
      return .cyclic(
        baseRate: try need(c.baseRate), maximumRate: try need(c.maxRate),
        riseSteps: try need(c.riseSteps), fallSteps: c.fallSteps,
        kind: try need(kinds[try need(c.mode)]))
    default:
      throw Unknown(type: type)
    }
  }
}
