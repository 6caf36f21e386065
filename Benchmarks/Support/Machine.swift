internal import PinionTensor

/// What is measured on.
package enum Machine {
  /// Processor, cores and OpenBLAS in a line.
  package static var description: String {
    let cores = ThreadPool.availableCores
    return "\(processorName), \(cores) \(cores == 1 ? "core" : "cores"); OpenBLAS \(BLAS.version), "
      + "kernels for \(BLAS.core)"
  }

  /// The processor's name, as Linux gives it.
  package static var processorName: String { Processor.name }
}
