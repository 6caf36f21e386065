import PinionDistributed
import PinionTensor
import PinionTraining
import RandomNetworks
import Testing

/// Random networks give the bits of one process on any number of ranks, of which each is given its
/// own samples only.
@Suite struct RandomNetworkRanksTests {
  @Test(arguments: 0..<60) func equalsOneProcess(_ number: Int) async throws {
    let network = try RandomNetwork(number)
    let (inputs, targets) = (network.makeInputs(), network.makeTargets())
    let reference = try NetworkTrial(network, inputs: inputs, targets: targets, threads: 1).bits
    for count in [2, 4] {
      let found = try await ranks(count) { communicator in
        try NetworkTrial(
          network, inputs: inputs, targets: targets, threads: 1 + number % 2,
          communicator: communicator
        ).bits
      }
      for bits in found { #expect(bits == reference, "\(count) ranks") }
    }
  }
}
