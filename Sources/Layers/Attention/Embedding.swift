public import PinionTensor

/// A learned vector for each index 0, 1, …: y = E[x].
///
/// - Input: (N, …), integers in 0..<V; fractions are truncated. Output: (N, …, D).
/// - Parameters: `embeddings` (V, D).
///
/// A number outside of 0..<V gives NaN, so that training stops with an error that names the layer.
/// As Keras 3's `Embedding`.
public struct Embedding: Layer {
  /// The number of vectors, V.
  public var inputDim: Int
  /// The length of a vector, D.
  public var outputDim: Int
  /// The initial values of the vectors. Default: uniform in ±0.05.
  @Configured public var embeddingsInitializer: any Initializer
  /// The penalty on the vectors. Default: none.
  @ConfiguredIfPresent public var embeddingsRegularizer: (any Regularizer)?
  /// The projection of the vectors after an update. Default: none.
  @ConfiguredIfPresent public var embeddingsConstraint: (any Constraint)?
  public var name: String?
  public private(set) var identity = LayerIdentity()

  public init(
    _ inputDim: Int, _ outputDim: Int,
    embeddingsInitializer: some Initializer = .randomUniform,
    embeddingsRegularizer: (any Regularizer)? = nil,
    embeddingsConstraint: (any Constraint)? = nil, name: String? = nil
  ) {
    self.inputDim = inputDim
    self.outputDim = outputDim
    _embeddingsInitializer = Configured(wrappedValue: embeddingsInitializer)
    self.embeddingsRegularizer = embeddingsRegularizer
    self.embeddingsConstraint = embeddingsConstraint
    self.name = name
  }

  /// (…) → (…, D).
  public func outputShape(for inputs: [Shape]) throws -> Shape {
    try SizeLimits.require(inputDim, outputDim, named: "dimensions", received: shape)
    return Shape(inputs[0].dimensions + [outputDim])
  }

  public func parameters(for inputs: [Shape]) -> [Parameter] {
    [
      Parameter(
        "embeddings", shape: shape, erased: embeddingsInitializer,
        regularizer: embeddingsRegularizer, constraint: embeddingsConstraint)
    ]
  }

  private var shape: Shape { [inputDim, outputDim] }

  /// y = E[x]; dE[v] = Σ dy over x = v. There is no gradient with respect to x.
  ///
  /// Each piece computes the gradients of some vectors over the whole batch.
  public func program(for pass: LayerPass) -> LayerProgram {
    let (count, width) = (inputDim, outputDim)
    var program = LayerProgram(pass)
    program.setsGradients = true
    let embeddings = program.parameter("embeddings")
    program.forward = [
      .samples { context in
        let (x, y, table) = (context.inputs[0], context.output, context[embeddings])
        for place in x.indices {
          let row = y[place * width..<(place + 1) * width]
          if let index = Self.index(x[place], count: count) {
            row.copy(from: table[index * width..<(index + 1) * width])
          } else {
            row.fill(.nan)
          }
        }
      }
    ]
    program.backward = [.samples { $0.inputGradients[0]?.fill(0) }]
    guard pass.isTrainable else { return program }
    let work = pass.batch * pass.output.elementCount
    let pieces = max(1, min(Self.maximumPieces, count, work / Self.pieceElements))
    program.backward.append(
      .pieces(pieces, isDeferrable: true, reading: [.inputs, .outputGradient]) { context in
        let (x, dy) = (context.inputs[0], context.outputGradient)
        let own = context.piece * count / pieces..<(context.piece + 1) * count / pieces
        let gradient = context.gradient(of: embeddings)
        gradient[own.lowerBound * width..<own.upperBound * width].fill(0)
        for place in x.indices {
          guard let index = Self.index(x[place], count: count), own.contains(index) else {
            continue
          }
          let (row, sum) = (dy.base + place * width, gradient.base + index * width)
          for i in 0..<width { sum[i] += row[i] }
        }
      })
    return program
  }

  private static let maximumPieces = 16
  /// The smallest number of gradient elements in a piece.
  private static let pieceElements = 1 << 14

  /// The index of the vector for a value; nil if there is none.
  private static func index(_ value: Float, count: Int) -> Int? {
    guard value > -1, value < Float(SizeLimits.side) else { return nil }
    let index = Int(value)
    return index < count ? index : nil
  }
}

/// Adds a learned vector to each position of a sequence: y[n,t,c] = x[n,t,c] + E[t,c].
///
/// - Input and output: (N, T, C); with more axes, each position has its own vector.
/// - Parameters: `embeddings` (T, C).
///
/// As the sum of a sequence and Keras 3's `Embedding` of 0, 1, …, T − 1.
public struct PositionEmbedding: Layer {
  /// The initial values of the vectors. Default: uniform in ±0.05.
  @Configured public var embeddingsInitializer: any Initializer
  public var name: String?
  public private(set) var identity = LayerIdentity()

  public init(embeddingsInitializer: some Initializer = .randomUniform, name: String? = nil) {
    _embeddingsInitializer = Configured(wrappedValue: embeddingsInitializer)
    self.name = name
  }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    try LayerError.require(
      inputs[0].rank > 1, "an input of shape (steps, channels)",
      received: "the shape \(inputs[0])")
    return inputs[0]
  }

  public func parameters(for inputs: [Shape]) -> [Parameter] {
    [Parameter("embeddings", shape: inputs[0], erased: embeddingsInitializer)]
  }

  /// y = x + E; dx = dy, dE = Σ dy over the samples.
  public func program(for pass: LayerPass) -> LayerProgram {
    var program = LayerProgram(pass)
    program.outputMemory = .inPlace
    program.backwardReads = []
    program.channelShift = .shifts
    let embeddings = program.parameter("embeddings")
    program.forward = [
      .samples { context in
        let (x, y) = (context.inputs[0], context.output)
        if x.base != y.base { y.copy(from: x) }
        addBias(context[embeddings], to: y)
      }
    ]
    program.backward = [
      .samples { context in
        let dy = context.outputGradient
        if context.pass.isTrainable { addColumnSums(of: dy, to: context.gradient(of: embeddings)) }
        if let dx = context.inputGradients[0], dx.base != dy.base { dx.copy(from: dy) }
      }
    ]
    return program
  }
}

/// Prepends a learned vector to each sequence, whose output is the input of a vision transformer's
/// head: y[n,0,c] = t[c], y[n,1+i,c] = x[n,i,c].
///
/// - Input: (N, T, C). Output: (N, T + 1, C).
/// - Parameters: `token` (C,).
///
/// As the class token of Dosovitskiy et al. 2020; Keras 3 has no such layer.
public struct ClassToken: Layer {
  /// The initial values of the vector. Default: zeros.
  @Configured public var tokenInitializer: any Initializer
  public var name: String?
  public private(set) var identity = LayerIdentity()

  public init(tokenInitializer: some Initializer = .zeros, name: String? = nil) {
    _tokenInitializer = Configured(wrappedValue: tokenInitializer)
    self.name = name
  }

  /// (T, C) → (T + 1, C).
  public func outputShape(for inputs: [Shape]) throws -> Shape {
    try LayerError.require(
      inputs[0].rank == 2 && inputs[0][0] < SizeLimits.side, "an input of shape (steps, channels)",
      received: "the shape \(inputs[0])")
    return [inputs[0][0] + 1, inputs[0][1]]
  }

  public func parameters(for inputs: [Shape]) -> [Parameter] {
    [Parameter("token", shape: [inputs[0][1]], erased: tokenInitializer)]
  }

  /// dt = Σ dy[·,0] over the samples, dx = the rest of dy.
  public func program(for pass: LayerPass) -> LayerProgram {
    var program = LayerProgram(pass)
    program.backwardReads = []
    let token = program.parameter("token")
    let (width, size) = (pass.output[1], pass.output.elementCount)
    program.forward = [
      .samples { context in
        let (x, y, token) = (context.inputs[0], context.output, context[token])
        for sample in 0..<context.sampleCount {
          let own = y[sample * size..<(sample + 1) * size]
          own[0..<width].copy(from: token)
          own[width..<size].copy(
            from: x[sample * (size - width)..<(sample + 1) * (size - width)])
        }
      }
    ]
    program.backward = [
      .samples { context in
        let (dx, dy) = (context.inputGradients[0], context.outputGradient)
        for sample in 0..<context.sampleCount {
          let own = dy[sample * size..<(sample + 1) * size]
          if context.pass.isTrainable {
            addColumnSums(of: own[0..<width], to: context.gradient(of: token))
          }
          guard let dx else { continue }
          dx[sample * (size - width)..<(sample + 1) * (size - width)].copy(from: own[width..<size])
        }
      }
    ]
    return program
  }
}
