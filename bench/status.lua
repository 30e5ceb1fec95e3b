-- Looks at one order again and again; its path is given as an argument.
wrk.headers["Authorization"] = "Bearer " .. (os.getenv("BENCH_TOKEN") or "")
