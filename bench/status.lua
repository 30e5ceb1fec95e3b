-- Looks at one order again and again; its path is given as an argument.
wrk.headers["Baedal-Actor"] = "customer/0197f1a2-0000-7000-8000-000000000001"
