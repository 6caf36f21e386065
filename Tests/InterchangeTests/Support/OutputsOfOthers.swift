import Foundation
import Pinion
import PinionInterchange
import PinionTestSupport
import Testing

/// Compares a network's outputs with those of another library, which computed them in double
/// precision, in an archive with the arrays `inputs` and `outputs`.
func expectOutputs(of network: Network, in arrays: URL) throws {
  let run = try NumPyArchive(contentsOf: arrays)
  let outputs = try run.array(named: "outputs").tensor()
  let predicted = try Predictor(network).predict(run.array(named: "inputs").tensor())
  #expect(predicted.shape == outputs.shape)
  let difference = relativeDifference(predicted.elements, outputs.elements)
  #expect(difference < 1e-5, "\(arrays.lastPathComponent): \(difference)")
}
