internal import PinionTensor

/// OpenBLAS as it describes itself.
package struct BLASDescription: Encodable, Sendable {
  package var version = BLAS.version
  /// The processor that its kernels are written for.
  package var core = BLAS.core
  package var configuration = BLAS.configuration

  /// The library in use.
  package init() {}
}
