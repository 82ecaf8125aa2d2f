"""The Discord side: parse what people do, call a service, render what came of it."""
