public import FoundationEssentials
public import PinionLayers
public import PinionMetrics
public import PinionOptimizers
public import PinionTensor

extension Model {
  /// Writes the network: all parameters, the configuration and the names of the classes.
  ///
  /// As ``Network/save(to:)`` of the ``network``. Throws `FileError` if the file cannot be written.
  public func saveWeights(to file: URL) throws { try network.save(to: file) }

  /// Reads all parameters from a safetensors file, which may come from another program.
  ///
  /// As ``Network/loadWeights(from:ignoringExtra:)`` of the ``network``.
  ///
  /// - Parameter ignoringExtra: Whether to ignore tensors that are not parameters of the network.
  ///   Default: false.
  ///
  /// Throws `FileError` if the file is invalid or of a later format, lacks a parameter, has it with
  /// another shape, or contains an invalid number; the model is unchanged then.
  public func loadWeights(from file: URL, ignoringExtra: Bool = false) throws {
    var network = network
    try network.loadWeights(from: file, ignoringExtra: ignoringExtra)
    classNames = network.classNames
  }

  /// A model with the network and the weights of a file of ``saveWeights(to:)``.
  ///
  /// The file does not contain the optimizer, the loss and the metrics.
  ///
  /// - Parameters:
  ///   - registry: The types that the configuration may contain:
  ///     `.standard.adding(MyLayer.self)` for a custom layer.
  ///   - ignoringExtra: Whether to ignore tensors that are not parameters of the network.
  ///     Default: false.
  ///   - optimizer: The update rule of further training.
  ///   - loss: The loss of every output.
  ///   - metrics: The metrics of every output. Default: accuracy, if the loss compares classes.
  ///   - seed: The key of the random numbers of further training.
  ///   - threads: The threads that train and evaluate. Default: the process's pool, one a core.
  ///
  /// Throws `FileError` or `GraphError` if the file is invalid or contains unknown types, and
  /// `ArgumentError` if a hyperparameter of the optimizer is outside its range.
  public convenience init(
    contentsOf file: URL, registry: TypeRegistry = .standard, ignoringExtra: Bool = false,
    optimizer: some Optimizer = Adam(), loss: some Loss = .sparseCategoricalCrossEntropy,
    metrics: [any Metric]? = nil, seed: UInt64 = 0, threads: Int? = nil
  ) throws {
    try self.init(
      Network(contentsOf: file, registry: registry, ignoringExtra: ignoringExtra),
      optimizer: optimizer, loss: loss, metrics: metrics, seed: seed, threads: threads)
  }
}
