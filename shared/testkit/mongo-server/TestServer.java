import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Serves the MongoDB protocol on 127.0.0.1; arguments: port (0 picks one) and data folder. */
public final class TestServer {
    /** The presets report wire version 8, which current drivers refuse. */
    private static final MongoVersion VERSION = new MongoVersion() {
        @Override public List<Integer> getVersionArray() {
            return List.of(5, 0, 0);
        }

        @Override public int getWireVersion() {
            return 13;
        }
    };

    public static void main(String[] arguments) throws Exception {
        Path data = Path.of(arguments[1]);
        String file = data.resolve("store.h2").toString();
        MongoServer server = new MongoServer(new H2Backend(file).version(VERSION));
        Thread flush = new Thread(server::shutdownNow);
        Runtime.getRuntime().addShutdownHook(flush);
        server.bind(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])));
        System.out.println("ready " + server.getLocalAddress().getPort());

        // Whoever started this server holds the other end: when it is gone, so is
        // the need for the server and its data. A SIGTERM keeps the data.
        System.in.transferTo(OutputStream.nullOutputStream());
        server.shutdownNow();
        remove(data);
        Runtime.getRuntime().halt(0);
    }

    private static void remove(Path folder) throws IOException {
        List<Path> files;
        try (Stream<Path> listing = Files.list(folder)) {
            files = listing.toList();
        }
        for (Path file : files) {
            Files.deleteIfExists(file);
        }
        Files.deleteIfExists(folder);
    }
}
