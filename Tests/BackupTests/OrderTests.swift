import Backup
import Testing
import Vault

@Suite struct OrderTests {
    @Test(arguments: [
        (BackupScope.file(NodeID(1)), "fichier"), (.folder(NodeID(1), .cabinet), "armoire"),
        (.folder(NodeID(1), .locker), "casier"), (.folder(NodeID(1), .folder), "dossier"),
        (.space(SpaceID(1)), "espace"), (.system, "systeme"),
    ])
    func scopesAreSpelledAsTheDocumentSpellsThem(_ scope: BackupScope, _ word: String) {
        #expect(scope.documentName == word)
    }

    @Test func noVolumeIsSmallerThanItsParts() {
        #expect(BackupOrder(id: BackupID(1), scope: .system, mode: .full, volumeLimit: 1).volumeLimit == 16 << 20)
    }
}
