import Foundation
import PinionTensor
import Testing

/// The kernels that OpenBLAS runs are those that `make test-kernels` names: OpenBLAS falls back to
/// others for a name that it does not know, and other tests would pass under those.
@Suite struct KernelTests {
  @Test func theKernelsAreThoseAskedFor() {
    guard let name = ProcessInfo.processInfo.environment["OPENBLAS_CORETYPE"] else {
      #expect(!BLAS.core.isEmpty)
      return
    }
    #expect(BLAS.core.lowercased() == name.lowercased())
  }
}
