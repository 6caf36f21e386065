public import FoundationEssentials
public import PinionLayers
public import PinionMetrics
public import PinionOptimizers
public import PinionTensor

extension Model {
  /// Writes the network: all parameters, the configuration and the classes' names.
  ///
  /// As ``Network/save(to:)`` of the ``network``. Throws `FileError` if the file cannot be written.
  public func saveWeights(to file: URL) throws { try network.save(to: file) }

  /// Reads all parameters from a safetensors file; any program may have written it.
  ///
  /// As ``Network/loadWeights(from:ignoringExtra:)`` of the ``network``.
  ///
  /// - Parameter ignoringExtra: Whether tensors that are no parameters of the network are ignored.
  ///
  /// Throws `FileError` if the file is broken, of a later format, or has other parameters than the
  /// network, NaN or infinity among them, or a variance below zero; then all are as they were.
  public func loadWeights(from file: URL, ignoringExtra: Bool = false) throws {
    var network = network
    try network.loadWeights(from: file, ignoringExtra: ignoringExtra)
    classNames = network.classNames
  }

  /// A model of the network that ``saveWeights(to:)`` wrote, with its weights.
  ///
  /// The file holds neither the optimizer nor the loss and the metrics: evaluating or training
  /// further takes those that the network was trained with.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - registry: The types that its configuration may name: `.standard.adding(MyLayer.self)` for
  ///     one of yours.
  ///   - ignoringExtra: Whether tensors that are no parameters of the network are ignored.
  ///   - optimizer: The update rule of further training.
  ///   - loss: The loss of every output.
  ///   - metrics: The metrics of every output. Default: accuracy, if the loss compares classes.
  ///   - seed: The key of the random numbers of further training.
  ///   - threads: The threads that train and evaluate. Default: the process's pool, one a core.
  ///
  /// Throws `FileError` or `GraphError` if the file is broken or names unknown types, and
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
