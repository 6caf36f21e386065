import PinionLayers
import PinionOptimizers
import PinionTensor
import RandomNetworks
import Testing

/// Invalid networks are refused with a descriptive error before anything is computed.
@Suite struct FlawedNetworkTests {
  @Test(arguments: FlawedNetwork.allCases) func isRefused(_ flaw: FlawedNetwork) {
    for number in 0..<20 {
      do {
        try flaw.make(number)
        Issue.record("number \(number) was taken")
      } catch {
        #expect(
          error is GraphError || error is LayerError || error is ArgumentError, "\(error)")
        #expect("\(error)".count > 20)
      }
    }
  }
}
